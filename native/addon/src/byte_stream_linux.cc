// A connected stream socket on Node.js' event loop, for the paths where net.Socket would cost more time than the TPM.
// It needs one system call to send and one to receive into a buffer that the JavaScript side owns, and a receive can
// wait for a bounded time, so that a short command needs no second turn of the event loop.
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>

#include "addon.h"
#include "errno_error.h"
#include "passed_descriptors_linux.h"
#include "stream_poller_linux.h"

namespace tpmtbs {

namespace {

int64_t MonotonicNs() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<int64_t>(now.tv_sec) * 1000000000 + now.tv_nsec;
}

// Tells the processor that this is a spin loop. Takes about as long as a system call.
void PauseBriefly() {
  for (int i = 0; i < 16; i++) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("isb");
#endif
  }
}

bool IsUnixSocket(int fd) {
  int domain = 0;
  socklen_t length = sizeof(domain);
  return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &length) == 0 && domain == AF_UNIX;
}

}  // namespace

class ByteStream : public Napi::ObjectWrap<ByteStream>, public WatchedStream {
 public:
  static void Export(Napi::Env env, Napi::Object exports) {
    exports.Set("ByteStream", DefineClass(env, "ByteStream",
                                          {
                                              InstanceMethod<&ByteStream::Send>("send"),
                                              InstanceMethod<&ByteStream::Receive>("receive"),
                                              InstanceMethod<&ByteStream::SetInterest>("setInterest"),
                                              InstanceMethod<&ByteStream::Unwatch>("unwatch"),
                                              InstanceMethod<&ByteStream::Close>("close"),
                                          }));
  }

  // new ByteStream(poller, fd, buffer, onReadable, onWritable, takesOver). With takesOver the stream takes ownership of
  // the descriptor; otherwise it duplicates it, and the caller keeps its own.
  explicit ByteStream(const Napi::CallbackInfo& info) : Napi::ObjectWrap<ByteStream>(info) {
    Napi::Env env = info.Env();
    if (info.Length() != 6 || !info[0].IsObject() || !info[1].IsNumber() || !info[2].IsTypedArray() ||
        !info[3].IsFunction() || !info[4].IsFunction() || !info[5].IsBoolean()) {
      Napi::TypeError::New(env, "new ByteStream(poller, fd, buffer, onReadable, onWritable, takesOver)")
          .ThrowAsJavaScriptException();
      return;
    }
    fd_ = info[1].As<Napi::Number>().Int32Value();
    if (!info[5].As<Napi::Boolean>().Value()) fd_ = fcntl(fd_, F_DUPFD_CLOEXEC, 0);
    if (fd_ < 0) {
      ThrowErrno(env, errno, "fcntl(F_DUPFD_CLOEXEC)");
      return;
    }
    no_descriptors_come_ = RefusePassedDescriptors(fd_) || !IsUnixSocket(fd_);
    poller_ = StreamPoller::From(info[0]);
    poller_object_ = Napi::Persistent(info[0].As<Napi::Object>());
    auto buffer = info[2].As<Napi::Uint8Array>();
    buffer_ = Napi::Persistent(buffer.As<Napi::Object>());
    data_ = buffer.Data();
    capacity_ = buffer.ByteLength();
    on_readable_ = Napi::Persistent(info[3].As<Napi::Function>());
    on_writable_ = Napi::Persistent(info[4].As<Napi::Function>());
    Ref();  // until Close, since the poller calls this object
  }

  // The stream is still open here only when Node.js exits, and the poller may already be gone.
  ~ByteStream() override {
    if (fd_ >= 0) close(fd_);
  }

  void OnEvents(uint32_t events) override {
    // As in libuv: if the peer is gone, call whichever callback is waiting; it finds out when it reads or writes.
    bool gone = (events & (EPOLLHUP | EPOLLERR)) != 0;
    if ((watched_events_ & EPOLLOUT) != 0 && (gone || (events & EPOLLOUT) != 0)) Call(on_writable_, 0);
    // The callback may have closed the stream.
    if (fd_ < 0) return;
    if (gone && (asks_first_ || watched_events_ == 0)) {
      Call(on_readable_, 0);
      return;
    }
    // The callback may have lost interest in reading.
    if ((watched_events_ & EPOLLIN) == 0 || (!gone && (events & (EPOLLIN | EPOLLRDHUP)) == 0)) return;
    if (asks_first_) {
      Call(on_readable_, -EAGAIN);
      return;
    }
    ssize_t received = ReceiveNow();
    if (received != -EAGAIN) Call(on_readable_, received);
  }

 private:
  // send(bytes, offset, end): returns the number of bytes that the kernel took, or a negative errno; -EAGAIN if none.
  Napi::Value Send(const Napi::CallbackInfo& info) {
    auto bytes = info[0].As<Napi::Uint8Array>();
    uint32_t offset = info[1].As<Napi::Number>().Uint32Value();
    uint32_t end = info[2].As<Napi::Number>().Uint32Value();
    if (end > bytes.ByteLength() || offset > end) return Result(info.Env(), -EINVAL);
    ssize_t sent;
    do {
      sent = ::send(fd_, bytes.Data() + offset, end - offset, MSG_NOSIGNAL | MSG_DONTWAIT);
    } while (sent < 0 && errno == EINTR);
    return Result(info.Env(), sent < 0 ? -errno : sent);
  }

  // receive(spinMicroseconds, sleepMicroseconds): returns the number of bytes received into the buffer, 0 at the end of
  // the stream, or a negative errno; -EAGAIN if none arrived in time. Data that is already there costs one system call.
  Napi::Value Receive(const Napi::CallbackInfo& info) {
    ssize_t received = Spin(info[0].As<Napi::Number>().Int64Value() * 1000);
    int64_t sleep_ns = info[1].As<Napi::Number>().Int64Value() * 1000;
    if (received == -EAGAIN && sleep_ns > 0) {
      Sleep(sleep_ns);
      received = ReceiveNow();
    }
    return Result(info.Env(), received);
  }

  ssize_t Spin(int64_t spin_ns) {
    ssize_t received = ReceiveNow();
    if (received != -EAGAIN || spin_ns <= 0) return received;
    for (int64_t end = MonotonicNs() + spin_ns; received == -EAGAIN && MonotonicNs() < end;) {
      PauseBriefly();
      received = ReceiveNow();
    }
    return received;
  }

  void Sleep(int64_t sleep_ns) {
    int64_t deadline = MonotonicNs() + sleep_ns;
    for (int64_t left = sleep_ns; left > 0; left = deadline - MonotonicNs()) {
      pollfd waiting{fd_, POLLIN, 0};
      timespec limit{left / 1000000000, left % 1000000000};
      if (ppoll(&waiting, 1, &limit, nullptr) >= 0 || errno != EINTR) return;
    }
  }

  ssize_t ReceiveNow() {
    ssize_t received;
    do {
      if (no_descriptors_come_) {
        received = recv(fd_, data_, capacity_, MSG_DONTWAIT);
        if (received < 0) received = -errno;
      } else {
        received = ReceiveWithoutDescriptors(fd_, data_, capacity_);
      }
    } while (received == -EINTR);
    return received;
  }

  // setInterest(readable, writable, asksFirst): chooses the callbacks. With neither, onReadable is still called when
  // the peer is gone. With asksFirst, nothing is received before onReadable: it gets -EAGAIN when there is something to
  // receive, and 0 once the peer is gone, even if data of the peer is left.
  Napi::Value SetInterest(const Napi::CallbackInfo& info) {
    if (fd_ < 0) return info.Env().Undefined();
    asks_first_ = info[2].IsBoolean() && info[2].As<Napi::Boolean>().Value();
    uint32_t events = (info[0].As<Napi::Boolean>().Value() ? uint32_t{EPOLLIN} : 0) |
                      (info[1].As<Napi::Boolean>().Value() ? uint32_t{EPOLLOUT} : 0);
    if (is_watched_ && events == watched_events_) return info.Env().Undefined();
    int error = is_watched_ ? poller_->ChangeEvents(fd_, this, events) : poller_->Watch(fd_, this, events);
    if (error == 0) {
      is_watched_ = true;
      watched_events_ = events;
    } else {
      ThrowErrno(info.Env(), -error, "epoll_ctl");
    }
    return info.Env().Undefined();
  }

  // unwatch(): makes no callback until setInterest, not even when the peer is gone.
  Napi::Value Unwatch(const Napi::CallbackInfo& info) {
    StopWatching();
    return info.Env().Undefined();
  }

  void StopWatching() {
    if (is_watched_) poller_->Forget(fd_, this);
    is_watched_ = false;
    watched_events_ = 0;
  }

  Napi::Value Close(const Napi::CallbackInfo& info) {
    if (fd_ < 0) return info.Env().Undefined();
    StopWatching();
    if (no_descriptors_come_) {
      close(fd_);
    } else {
      CloseWithUnreadDescriptors(fd_);
    }
    fd_ = -1;
    on_readable_.Reset();
    on_writable_.Reset();
    Unref();
    return info.Env().Undefined();
  }

  void Call(const Napi::FunctionReference& callback, ssize_t argument) {
    Napi::Env env = Env();
    // Copy the function, since the callback may reset the reference.
    Napi::Function function = callback.Value();
    function.Call(Value(), {Napi::Number::New(env, static_cast<double>(argument))});
    if (env.IsExceptionPending()) {
      napi_fatal_exception(env, env.GetAndClearPendingException().Value());
    }
  }

  static Napi::Value Result(Napi::Env env, ssize_t value) {
    return Napi::Number::New(env, static_cast<double>(value));
  }

  StreamPoller* poller_ = nullptr;
  Napi::ObjectReference poller_object_;
  Napi::ObjectReference buffer_;
  Napi::FunctionReference on_readable_;
  Napi::FunctionReference on_writable_;
  uint8_t* data_ = nullptr;
  size_t capacity_ = 0;
  int fd_ = -1;
  // Whether the cheaper recv(2) and close(2) are safe.
  bool no_descriptors_come_ = false;
  bool asks_first_ = false;
  bool is_watched_ = false;
  // A combination of EPOLLIN and EPOLLOUT.
  uint32_t watched_events_ = 0;
};

void ExportByteStream(Napi::Env env, Napi::Object exports) { ByteStream::Export(env, exports); }

}  // namespace tpmtbs
