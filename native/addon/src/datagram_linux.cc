// Sends a datagram to a Unix socket, for the service manager's notification protocol (sd_notify(3)). Node.js has no
// AF_UNIX datagram sockets.
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string>

#include "addon.h"
#include "errno_error.h"

namespace tpmtbs {

// sendDatagram(path: string, bytes: Uint8Array): void. A leading '@' in the path names an abstract socket.
static Napi::Value SendDatagram(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  if (info.Length() < 2 || !info[0].IsString() || !info[1].IsTypedArray()) {
    Napi::TypeError::New(env, "sendDatagram(path, bytes)").ThrowAsJavaScriptException();
    return env.Undefined();
  }
  std::string path = info[0].As<Napi::String>();
  auto bytes = info[1].As<Napi::Uint8Array>();

  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty()) {
    ThrowErrno(env, EINVAL, "sendto");
    return env.Undefined();
  }
  if (path.size() >= sizeof(address.sun_path)) {
    ThrowErrno(env, ENAMETOOLONG, "sendto");
    return env.Undefined();
  }
  memcpy(address.sun_path, path.data(), path.size());
  if (path[0] == '@') address.sun_path[0] = '\0';
  auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());

  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) {
    ThrowErrno(env, errno, "socket");
    return env.Undefined();
  }
  ssize_t sent;
  do {
    sent = sendto(fd, bytes.Data(), bytes.ByteLength(), MSG_NOSIGNAL, reinterpret_cast<sockaddr*>(&address), length);
  } while (sent < 0 && errno == EINTR);
  int error = errno;
  close(fd);
  if (sent < 0) ThrowErrno(env, error, "sendto");
  return env.Undefined();
}

void ExportDatagram(Napi::Env env, Napi::Object exports) {
  exports.Set("sendDatagram", Napi::Function::New(env, SendDatagram, "sendDatagram"));
}

}  // namespace tpmtbs
