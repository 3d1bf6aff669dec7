// Accepts connections on a listening Unix socket, a bounded number in each turn of the event loop. libuv's own listener
// accepts until none is waiting, so a client that connects as fast as libuv accepts would starve everything else.
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <uv.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "addon.h"
#include "errno_error.h"
#include "passed_descriptors_linux.h"

namespace tpmtbs {

namespace {

constexpr int kMaxAcceptedInTurn = 64;
constexpr uint64_t kMaxTurnNs = 1000000;

// listenOnUnixPath(path, mode, backlog): returns the descriptor of a new listening socket.
Napi::Value ListenOnUnixPath(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  if (info.Length() != 3 || !info[0].IsString() || !info[1].IsNumber() || !info[2].IsNumber()) {
    Napi::TypeError::New(env, "listenOnUnixPath(path, mode, backlog)").ThrowAsJavaScriptException();
    return env.Undefined();
  }
  std::string path = info[0].As<Napi::String>().Utf8Value();
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) {
    ThrowErrno(env, ENAMETOOLONG, "bind");
    return env.Undefined();
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) {
    ThrowErrno(env, errno, "socket");
    return env.Undefined();
  }
  RefusePassedDescriptors(fd);
  const char* failed = nullptr;
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    failed = "bind";
    // Nobody can connect before listen(2), so that the path has its permissions in time. The umask belongs to the whole
    // process: other threads, which create files meanwhile, would get the socket's.
  } else if (chmod(path.c_str(), info[1].As<Napi::Number>().Uint32Value()) != 0) {
    failed = "chmod";
  } else if (listen(fd, info[2].As<Napi::Number>().Int32Value()) != 0) {
    failed = "listen";
  }
  if (failed != nullptr) {
    int error = errno;
    close(fd);
    ThrowErrno(env, error, failed);
    return env.Undefined();
  }
  return Napi::Number::New(env, fd);
}

// peerIsGone(fd): returns whether the peer of an accepted connection has already closed it.
Napi::Value PeerIsGone(const Napi::CallbackInfo& info) {
  pollfd connection{info[0].As<Napi::Number>().Int32Value(), 0, 0};
  bool gone = poll(&connection, 1, 0) > 0 && (connection.revents & (POLLHUP | POLLERR)) != 0;
  return Napi::Boolean::New(info.Env(), gone);
}

void CloseAccepted(int fd) {
  if (RefusePassedDescriptors(fd)) {
    close(fd);
  } else {
    CloseWithUnreadDescriptors(fd);
  }
}

// refuseConnection(fd, bytes): sends as much as fits into the peer's buffer, then closes an accepted connection.
Napi::Value RefuseConnection(const Napi::CallbackInfo& info) {
  int fd = info[0].As<Napi::Number>().Int32Value();
  auto bytes = info[1].As<Napi::Uint8Array>();
  if (bytes.ByteLength() > 0) send(fd, bytes.Data(), bytes.ByteLength(), MSG_NOSIGNAL | MSG_DONTWAIT);
  CloseAccepted(fd);
  return info.Env().Undefined();
}

}  // namespace

class ConnectionAcceptor : public Napi::ObjectWrap<ConnectionAcceptor> {
 public:
  static void Export(Napi::Env env, Napi::Object exports) {
    exports.Set("ConnectionAcceptor",
                DefineClass(env, "ConnectionAcceptor", {InstanceMethod<&ConnectionAcceptor::Close>("close")}));
    exports.Set("peerIsGone", Napi::Function::New(env, PeerIsGone, "peerIsGone"));
    exports.Set("refuseConnection", Napi::Function::New(env, RefuseConnection, "refuseConnection"));
    exports.Set("listenOnUnixPath", Napi::Function::New(env, ListenOnUnixPath, "listenOnUnixPath"));
  }

  // new ConnectionAcceptor(fd, onAccepted). Takes ownership of the listening descriptor. onAccepted receives the
  // descriptor of each connection, or a negative errno if accept failed.
  explicit ConnectionAcceptor(const Napi::CallbackInfo& info)
      : Napi::ObjectWrap<ConnectionAcceptor>(info), context_(info.Env(), "tpmtbs:ConnectionAcceptor") {
    Napi::Env env = info.Env();
    if (info.Length() != 2 || !info[0].IsNumber() || !info[1].IsFunction()) {
      Napi::TypeError::New(env, "new ConnectionAcceptor(fd, onAccepted)").ThrowAsJavaScriptException();
      return;
    }
    int fd = info[0].As<Napi::Number>().Int32Value();
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    RefusePassedDescriptors(fd);
    uv_loop_t* loop = nullptr;
    napi_get_uv_event_loop(env, &loop);
    auto* handle = new Handle{{}, this, fd, open("/dev/null", O_RDONLY | O_CLOEXEC)};
    int error = uv_poll_init(loop, &handle->poll, fd);
    if (error != 0) {
      Dispose(handle);
      ThrowErrno(env, -error, "uv_poll_init");
      return;
    }
    handle->poll.data = handle;
    handle_ = handle;
    on_accepted_ = Napi::Persistent(info[1].As<Napi::Function>());
    uv_poll_start(&handle->poll, UV_READABLE, OnReadable);
    Ref();  // until Close, since libuv calls this object
  }

  ~ConnectionAcceptor() override { Stop(); }

 private:
  // Outlives the object until libuv has closed the handle.
  struct Handle {
    uv_poll_t poll;
    ConnectionAcceptor* owner;
    int fd;
    // A spare descriptor, closed briefly when the process is out of descriptors, so that a connection can be accepted
    // and closed. Otherwise the connection would wait forever and the event loop would spin.
    int reserve;
  };

  static void Dispose(Handle* handle) {
    close(handle->fd);
    if (handle->reserve >= 0) close(handle->reserve);
    delete handle;
  }

  static void OnReadable(uv_poll_t* poll, int /*status*/, int /*events*/) {
    auto* handle = static_cast<Handle*>(poll->data);
    if (handle->owner == nullptr) return;
    Napi::Env env = handle->owner->Env();
    Napi::HandleScope scope(env);
    Napi::CallbackScope callbacks(env, handle->owner->context_);
    uint64_t began_ns = uv_hrtime();
    for (int i = 0; i < kMaxAcceptedInTurn && handle->owner != nullptr; i++) {
      if (uv_hrtime() - began_ns >= kMaxTurnNs) return;
      int accepted = accept4(handle->fd, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
      if (accepted < 0) {
        if (errno == ECONNABORTED || errno == EINTR) continue;
        if (errno == EAGAIN) return;
        int error = errno;
        if (error == EMFILE || error == ENFILE) RefuseOne(handle);
        handle->owner->Call(-error);
        return;
      }
      handle->owner->Call(accepted);
    }
  }

  static void RefuseOne(Handle* handle) {
    if (handle->reserve >= 0) close(handle->reserve);
    int accepted = accept4(handle->fd, nullptr, nullptr, SOCK_CLOEXEC);
    if (accepted >= 0) CloseAccepted(accepted);
    handle->reserve = open("/dev/null", O_RDONLY | O_CLOEXEC);
  }

  void Call(int value) {
    Napi::Env env = Env();
    Napi::HandleScope scope(env);
    // Copy the function, since the callback may close this object, which resets the reference.
    Napi::Function function = on_accepted_.Value();
    function.Call(Value(), {Napi::Number::New(env, value)});
    if (env.IsExceptionPending()) napi_fatal_exception(env, env.GetAndClearPendingException().Value());
  }

  Napi::Value Close(const Napi::CallbackInfo& info) {
    if (handle_ == nullptr) return info.Env().Undefined();
    Stop();
    on_accepted_.Reset();
    Unref();
    return info.Env().Undefined();
  }

  void Stop() {
    if (handle_ == nullptr) return;
    handle_->owner = nullptr;
    uv_poll_stop(&handle_->poll);
    uv_close(reinterpret_cast<uv_handle_t*>(&handle_->poll),
             [](uv_handle_t* handle) { Dispose(static_cast<Handle*>(handle->data)); });
    handle_ = nullptr;
  }

  Napi::AsyncContext context_;
  Napi::FunctionReference on_accepted_;
  Handle* handle_ = nullptr;
};

void ExportConnectionAcceptor(Napi::Env env, Napi::Object exports) { ConnectionAcceptor::Export(env, exports); }

}  // namespace tpmtbs
