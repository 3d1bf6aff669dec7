#pragma once

#include <sys/epoll.h>
#include <uv.h>

#include "addon.h"

namespace tpmtbs {

// A stream that a StreamPoller watches. Used only on the event loop's thread.
class WatchedStream {
 public:
  virtual ~WatchedStream() = default;
  // `events` is the bit mask of epoll(7). May throw into JavaScript; may forget any stream, including this one.
  virtual void OnEvents(uint32_t events) = 0;
};

// Watches the streams of the byte path in a separate epoll set, which is a single descriptor to the event loop. So all
// ready streams are served in one callback of the event loop, with one run of the microtasks after them, and ready
// streams can also be polled in between, while the TPM works.
class StreamPoller : public Napi::ObjectWrap<StreamPoller> {
 public:
  static void Export(Napi::Env env, Napi::Object exports);
  static StreamPoller* From(const Napi::Value& value);

  explicit StreamPoller(const Napi::CallbackInfo& info);
  ~StreamPoller() override;

  // Return 0 or a negative errno. Forget a stream before closing its descriptor.
  int Watch(int fd, WatchedStream* stream, uint32_t events);
  int ChangeEvents(int fd, WatchedStream* stream, uint32_t events);
  void Forget(int fd, WatchedStream* stream);

 private:
  // Outlives the object until libuv has closed the handle.
  struct Handle {
    uv_poll_t poll;
    StreamPoller* owner;
  };

  // As many as one user's connections, so that streams of others that are ready are served in the same round.
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
  // The streams of the current round; a stream that is forgotten during the round is removed.
  epoll_event ready_[kMaxReady];
  int ready_count_ = 0;
};

}  // namespace tpmtbs
