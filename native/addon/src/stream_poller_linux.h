#pragma once

#include <sys/epoll.h>
#include <uv.h>

#include "addon.h"

namespace tpmtbs {

// What a StreamPoller watches. The event loop's thread only.
class WatchedStream {
 public:
  virtual ~WatchedStream() = default;
  // `events` as epoll(7) gives them. May throw into JavaScript; may forget any stream, this one too.
  virtual void OnEvents(uint32_t events) = 0;
};

// The streams of the byte path in an epoll set of their own, which hangs on the event loop as one descriptor. So all
// streams that are ready are served within one callback of the event loop, and microtasks run once after them; and what
// is ready can be asked for in between, while the TPM works.
class StreamPoller : public Napi::ObjectWrap<StreamPoller> {
 public:
  static void Export(Napi::Env env, Napi::Object exports);
  static StreamPoller* From(const Napi::Value& value);

  explicit StreamPoller(const Napi::CallbackInfo& info);
  ~StreamPoller() override;

  // Give 0 or a negative errno. A stream must be forgotten before its descriptor is closed.
  int Watch(int fd, WatchedStream* stream, uint32_t events);
  int ChangeEvents(int fd, WatchedStream* stream, uint32_t events);
  void Forget(int fd, WatchedStream* stream);

 private:
  // Outlives the object until libuv has let go of the handle.
  struct Handle {
    uv_poll_t poll;
    StreamPoller* owner;
  };

  // As many as one user's connections: who is ready behind them is served in the same round.
  static constexpr int kMaxReady = 1024;

  static void OnReadable(uv_poll_t* poll, int status, int events);
  Napi::Value Poll(const Napi::CallbackInfo& info);
  void ServeReady();
  int Control(int operation, int fd, WatchedStream* stream, uint32_t events);
  void KeepLoopAlive(bool alive);

  Napi::AsyncContext context_;
  Handle* handle_ = nullptr;
  int epoll_fd_ = -1;
  int watched_ = 0;
  // Those of the round that is served now; a stream that is forgotten meanwhile is taken out.
  epoll_event ready_[kMaxReady];
  int ready_count_ = 0;
};

}  // namespace tpmtbs
