// A connected stream socket on Node.js' event loop, for the paths on which net.Socket costs more than the TPM does: one
// system call to send, one to receive into a buffer that the JavaScript side keeps, and a receive that waits for a
// bounded time, so that a short command needs no second turn of the event loop.
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include <cerrno>
#include <ctime>

#include "addon.h"
#include "errno_error.h"

namespace tpmtbs {

namespace {

int64_t MonotonicNs() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<int64_t>(now.tv_sec) * 1000000000 + now.tv_nsec;
}

}  // namespace

class ByteStream : public Napi::ObjectWrap<ByteStream> {
 public:
  static void Export(Napi::Env env, Napi::Object exports) {
    exports.Set("ByteStream", DefineClass(env, "ByteStream",
                                          {
                                              InstanceMethod<&ByteStream::Send>("send"),
                                              InstanceMethod<&ByteStream::Receive>("receive"),
                                              InstanceMethod<&ByteStream::SetInterest>("setInterest"),
                                              InstanceMethod<&ByteStream::Close>("close"),
                                          }));
  }

  // new ByteStream(fd, buffer, onReadable, onWritable). The descriptor is duplicated: the caller keeps its own.
  explicit ByteStream(const Napi::CallbackInfo& info)
      : Napi::ObjectWrap<ByteStream>(info), context_(info.Env(), "tpmtbs:ByteStream") {
    Napi::Env env = info.Env();
    if (info.Length() != 4 || !info[0].IsNumber() || !info[1].IsTypedArray() || !info[2].IsFunction() ||
        !info[3].IsFunction()) {
      Napi::TypeError::New(env, "new ByteStream(fd, buffer, onReadable, onWritable)").ThrowAsJavaScriptException();
      return;
    }
    fd_ = fcntl(info[0].As<Napi::Number>().Int32Value(), F_DUPFD_CLOEXEC, 0);
    if (fd_ < 0) {
      ThrowErrno(env, errno, "fcntl(F_DUPFD_CLOEXEC)");
      return;
    }
    int flags = fcntl(fd_, F_GETFL);
    if (flags < 0 || fcntl(fd_, F_SETFL, flags | O_NONBLOCK) < 0) {
      Fail(env, errno, "fcntl(F_SETFL)");
      return;
    }
    uv_loop_t* loop = nullptr;
    napi_get_uv_event_loop(env, &loop);
    watch_ = new Watch{{}, this};
    int error = uv_poll_init(loop, &watch_->poll, fd_);
    if (error != 0) {
      delete watch_;
      watch_ = nullptr;
      Fail(env, -error, "uv_poll_init");
      return;
    }
    watch_->poll.data = watch_;
    auto buffer = info[1].As<Napi::Uint8Array>();
    buffer_ = Napi::Persistent(buffer.As<Napi::Object>());
    data_ = buffer.Data();
    capacity_ = buffer.ByteLength();
    on_readable_ = Napi::Persistent(info[2].As<Napi::Function>());
    on_writable_ = Napi::Persistent(info[3].As<Napi::Function>());
    Ref();  // until Close: the event loop calls into this object
  }

  // With the stream still open only when Node.js ends: its last turns of the event loop must not find a dead object.
  ~ByteStream() override { Release(); }

 private:
  // Outlives the object until libuv has let go of the handle.
  struct Watch {
    uv_poll_t poll;
    ByteStream* owner;
  };

  void Fail(Napi::Env env, int error, const char* syscall) {
    close(fd_);
    fd_ = -1;
    ThrowErrno(env, error, syscall);
  }

  // send(bytes, offset, end): how many bytes the kernel took, or a negative errno; -EAGAIN when it takes none now.
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

  // receive(waitMicroseconds): bytes received into the buffer, 0 at the end of the stream, or a negative errno; -EAGAIN
  // when none came in time.
  Napi::Value Receive(const Napi::CallbackInfo& info) {
    int64_t wait_ns = info[0].As<Napi::Number>().Int64Value() * 1000;
    if (wait_ns > 0) {
      int64_t deadline = MonotonicNs() + wait_ns;
      for (int64_t left = wait_ns; left > 0; left = deadline - MonotonicNs()) {
        pollfd waiting{fd_, POLLIN, 0};
        timespec limit{left / 1000000000, left % 1000000000};
        int ready = ppoll(&waiting, 1, &limit, nullptr);
        if (ready == 0) return Result(info.Env(), -EAGAIN);
        if (ready > 0 || errno != EINTR) break;
      }
    }
    return Result(info.Env(), ReceiveNow());
  }

  ssize_t ReceiveNow() {
    ssize_t received;
    do {
      received = recv(fd_, data_, capacity_, MSG_DONTWAIT);
    } while (received < 0 && errno == EINTR);
    return received < 0 ? -errno : received;
  }

  // setInterest(readable, writable): which callbacks the event loop makes.
  Napi::Value SetInterest(const Napi::CallbackInfo& info) {
    if (watch_ == nullptr) return info.Env().Undefined();
    int events = (info[0].As<Napi::Boolean>().Value() ? UV_READABLE : 0) |
                 (info[1].As<Napi::Boolean>().Value() ? UV_WRITABLE : 0);
    int error = events == 0 ? uv_poll_stop(&watch_->poll) : uv_poll_start(&watch_->poll, events, OnEvents);
    if (error != 0) ThrowErrno(info.Env(), -error, "uv_poll_start");
    return info.Env().Undefined();
  }

  void Release() {
    if (watch_ == nullptr) return;
    watch_->owner = nullptr;
    uv_close(reinterpret_cast<uv_handle_t*>(&watch_->poll),
             [](uv_handle_t* handle) { delete static_cast<Watch*>(handle->data); });
    watch_ = nullptr;
    close(fd_);
    fd_ = -1;
  }

  Napi::Value Close(const Napi::CallbackInfo& info) {
    if (watch_ == nullptr) return info.Env().Undefined();
    Release();
    on_readable_.Reset();
    on_writable_.Reset();
    Unref();
    return info.Env().Undefined();
  }

  static void OnEvents(uv_poll_t* poll, int status, int events) {
    auto* watch = static_cast<Watch*>(poll->data);
    if (watch->owner == nullptr) return;
    Napi::HandleScope scope(watch->owner->Env());
    if (status < 0) {
      watch->owner->Call(watch->owner->on_readable_, status);
      return;
    }
    if ((events & UV_WRITABLE) != 0) watch->owner->Call(watch->owner->on_writable_, 0);
    // The callback may have closed the stream, or lost interest in reading.
    if ((events & (UV_READABLE | UV_DISCONNECT)) == 0 || watch->owner == nullptr) return;
    ssize_t received = watch->owner->ReceiveNow();
    if (received != -EAGAIN) watch->owner->Call(watch->owner->on_readable_, received);
  }

  void Call(const Napi::FunctionReference& callback, ssize_t argument) {
    Napi::Env env = Env();
    // Copied: the callback may reset the reference that it was called through.
    Napi::Function function = callback.Value();
    function.MakeCallback(Value(), {Napi::Number::New(env, static_cast<double>(argument))}, context_);
    if (env.IsExceptionPending()) {
      napi_fatal_exception(env, env.GetAndClearPendingException().Value());
    }
  }

  static Napi::Value Result(Napi::Env env, ssize_t value) {
    return Napi::Number::New(env, static_cast<double>(value));
  }

  Napi::AsyncContext context_;
  Napi::ObjectReference buffer_;
  Napi::FunctionReference on_readable_;
  Napi::FunctionReference on_writable_;
  uint8_t* data_ = nullptr;
  size_t capacity_ = 0;
  int fd_ = -1;
  Watch* watch_ = nullptr;
};

void ExportByteStream(Napi::Env env, Napi::Object exports) { ByteStream::Export(env, exports); }

}  // namespace tpmtbs
