// Identifies the peer of a Unix stream socket by what the kernel recorded on connect (unix(7), SO_PEERCRED,
// SO_PEERGROUPS). A descriptor that is passed to another process keeps the identity of the process that connected.
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <vector>

#include "addon.h"
#include "errno_error.h"

#ifndef SO_PEERGROUPS
#define SO_PEERGROUPS 59
#endif

namespace tpmtbs {

// With ERANGE, the kernel sets `length` to the size that it needs.
static int PeerGroups(int fd, std::vector<gid_t>* groups) {
  groups->resize(64);
  for (;;) {
    auto length = static_cast<socklen_t>(groups->size() * sizeof(gid_t));
    if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups->data(), &length) == 0) {
      groups->resize(length / sizeof(gid_t));
      return 0;
    }
    if (errno != ERANGE || length <= groups->size() * sizeof(gid_t)) return errno;
    groups->resize(length / sizeof(gid_t));
  }
}

// peerCredentials(fd: number): {pid, uid, gid, groups}
static Napi::Value PeerCredentials(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  if (info.Length() < 1 || !info[0].IsNumber()) {
    Napi::TypeError::New(env, "peerCredentials(fd)").ThrowAsJavaScriptException();
    return env.Undefined();
  }
  int fd = info[0].As<Napi::Number>().Int32Value();

  ucred credentials{};
  socklen_t length = sizeof(credentials);
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0) {
    ThrowErrno(env, errno, "getsockopt(SO_PEERCRED)");
    return env.Undefined();
  }
  // A socket of another family reports uid -1 instead of an error.
  if (credentials.uid == static_cast<uid_t>(-1)) {
    ThrowErrno(env, EOPNOTSUPP, "getsockopt(SO_PEERCRED)");
    return env.Undefined();
  }
  std::vector<gid_t> groups;
  int error = PeerGroups(fd, &groups);
  if (error != 0) {
    ThrowErrno(env, error, "getsockopt(SO_PEERGROUPS)");
    return env.Undefined();
  }

  Napi::Object result = Napi::Object::New(env);
  result.Set("pid", Napi::Number::New(env, credentials.pid));
  result.Set("uid", Napi::Number::New(env, credentials.uid));
  result.Set("gid", Napi::Number::New(env, credentials.gid));
  Napi::Array list = Napi::Array::New(env, groups.size());
  for (uint32_t i = 0; i < groups.size(); i++) list.Set(i, Napi::Number::New(env, groups[i]));
  result.Set("groups", list);
  return result;
}

void ExportPeerCredentials(Napi::Env env, Napi::Object exports) {
  exports.Set("peerCredentials", Napi::Function::New(env, PeerCredentials, "peerCredentials"));
  exports.Set("unixSocketPathMax", Napi::Number::New(env, sizeof(sockaddr_un::sun_path) - 1));
}

}  // namespace tpmtbs
