#include "stream_poller_linux.h"

#include <unistd.h>

#include <cerrno>

#include "errno_error.h"

namespace tpmtbs {

void StreamPoller::Export(Napi::Env env, Napi::Object exports) {
  exports.Set("StreamPoller", DefineClass(env, "StreamPoller", {InstanceMethod<&StreamPoller::Poll>("poll")}));
}

StreamPoller* StreamPoller::From(const Napi::Value& value) {
  return Napi::ObjectWrap<StreamPoller>::Unwrap(value.As<Napi::Object>());
}

// new StreamPoller()
StreamPoller::StreamPoller(const Napi::CallbackInfo& info)
    : Napi::ObjectWrap<StreamPoller>(info), context_(info.Env(), "tpmtbs:StreamPoller") {
  Napi::Env env = info.Env();
  epoll_fd_ = epoll_create1(EPOLL_CLOEXEC);
  if (epoll_fd_ < 0) {
    ThrowErrno(env, errno, "epoll_create1");
    return;
  }
  uv_loop_t* loop = nullptr;
  napi_get_uv_event_loop(env, &loop);
  handle_ = new Handle{{}, this};
  int error = uv_poll_init(loop, &handle_->poll, epoll_fd_);
  if (error != 0) {
    delete handle_;
    handle_ = nullptr;
    ThrowErrno(env, -error, "uv_poll_init");
    return;
  }
  handle_->poll.data = handle_;
  uv_poll_start(&handle_->poll, UV_READABLE, OnReadable);
  KeepLoopAlive(false);
}

// If Node.js exits with streams still open, the last turns of its event loop must not use a deleted object.
StreamPoller::~StreamPoller() {
  if (handle_ != nullptr) {
    handle_->owner = nullptr;
    uv_close(reinterpret_cast<uv_handle_t*>(&handle_->poll),
             [](uv_handle_t* handle) { delete static_cast<Handle*>(handle->data); });
  }
  if (epoll_fd_ >= 0) close(epoll_fd_);
}

int StreamPoller::Watch(int fd, WatchedStream* stream, uint32_t events) {
  int error = Control(EPOLL_CTL_ADD, fd, stream, events);
  if (error == 0 && watched_++ == 0) KeepLoopAlive(true);
  return error;
}

int StreamPoller::ChangeEvents(int fd, WatchedStream* stream, uint32_t events) {
  return Control(EPOLL_CTL_MOD, fd, stream, events);
}

void StreamPoller::Forget(int fd, WatchedStream* stream) {
  if (Control(EPOLL_CTL_DEL, fd, stream, 0) == 0 && --watched_ == 0) KeepLoopAlive(false);
  for (int i = 0; i < ready_count_; i++) {
    if (ready_[i].data.ptr == stream) ready_[i].data.ptr = nullptr;
  }
}

int StreamPoller::Control(int operation, int fd, WatchedStream* stream, uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = stream;
  return epoll_ctl(epoll_fd_, operation, fd, &event) == 0 ? 0 : -errno;
}

// As with libuv's own handles, an open stream keeps Node.js running.
void StreamPoller::KeepLoopAlive(bool alive) {
  auto* handle = reinterpret_cast<uv_handle_t*>(&handle_->poll);
  if (alive) {
    uv_ref(handle);
  } else {
    uv_unref(handle);
  }
}

void StreamPoller::OnReadable(uv_poll_t* poll, int /*status*/, int /*events*/) {
  StreamPoller* owner = static_cast<Handle*>(poll->data)->owner;
  if (owner == nullptr) return;
  Napi::HandleScope scope(owner->Env());
  Napi::CallbackScope callbacks(owner->Env(), owner->context_);
  owner->ServeReady();
}

// poll(): calls the callbacks of the streams that are ready, without waiting. Does nothing inside such a callback.
Napi::Value StreamPoller::Poll(const Napi::CallbackInfo& info) {
  ServeReady();
  return info.Env().Undefined();
}

// Serves at most kMaxReady streams per round. The kernel then moves them behind the others.
void StreamPoller::ServeReady() {
  if (ready_count_ > 0) return;
  int count;
  do {
    count = epoll_wait(epoll_fd_, ready_, kMaxReady, 0);
  } while (count < 0 && errno == EINTR);
  ready_count_ = count > 0 ? count : 0;
  for (int i = 0; i < ready_count_; i++) {
    if (ready_[i].data.ptr == nullptr) continue;
    Napi::HandleScope scope(Env());
    static_cast<WatchedStream*>(ready_[i].data.ptr)->OnEvents(ready_[i].events);
  }
  ready_count_ = 0;
}

void ExportStreamPoller(Napi::Env env, Napi::Object exports) { StreamPoller::Export(env, exports); }

}  // namespace tpmtbs
