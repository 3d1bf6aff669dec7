// A named pipe that only this process serves. Node.js' own listener gives the pipe a default security descriptor,
// accepts clients from other machines, and exposes no handle to identify the client. So this class creates the pipe and
// passes each connection on as a descriptor for net.Socket.
#include <uv.h>
#include <windows.h>

#include <fcntl.h>

#include <memory>
#include <thread>
#include <vector>

#include "addon.h"
#include "security_descriptor.h"
#include "win32_error.h"

namespace tpmtbs {

namespace {

// Instances that wait for clients at the same time. When all are taken, further clients wait in WaitNamedPipe.
constexpr DWORD kWaitingInstances = 8;
constexpr DWORD kBufferBytes = 65536;
// The delay before another attempt to create an instance that failed (out of memory).
constexpr DWORD kRetryMs = 250;

struct Instance {
  HANDLE pipe = INVALID_HANDLE_VALUE;
  OVERLAPPED overlapped{};
};

// A message from the serving thread to JavaScript: a connection, or the error that prevented one.
struct Arrival {
  HANDLE pipe;
  DWORD error;
  const char* function;
};

}  // namespace

class PipeListener : public Napi::ObjectWrap<PipeListener> {
 public:
  static void Export(Napi::Env env, Napi::Object exports) {
    exports.Set("PipeListener", DefineClass(env, "PipeListener", {InstanceMethod<&PipeListener::Close>("close")}));
  }

  // new PipeListener(name, sddl, onConnection(fd | undefined, error | undefined)). Throws EACCES or EBUSY if the name
  // is taken.
  explicit PipeListener(const Napi::CallbackInfo& info) : Napi::ObjectWrap<PipeListener>(info) {
    Napi::Env env = info.Env();
    if (info.Length() != 3 || !info[0].IsString() || !info[1].IsString() || !info[2].IsFunction()) {
      Napi::TypeError::New(env, "new PipeListener(name, sddl, onConnection)").ThrowAsJavaScriptException();
      return;
    }
    name_ = WideText(info[0]);
    descriptor_ = std::make_unique<SecurityDescriptor>(WideText(info[1]));
    if (descriptor_->error() != 0) {
      ThrowWin32(env, descriptor_->error(), "ConvertStringSecurityDescriptorToSecurityDescriptorW");
      return;
    }
    HANDLE first = MakePipe(FILE_FLAG_FIRST_PIPE_INSTANCE);
    if (first == INVALID_HANDLE_VALUE) {
      ThrowWin32(env, GetLastError(), "CreateNamedPipeW");
      return;
    }
    stop_ = CreateEventW(nullptr, TRUE, FALSE, nullptr);
    arrivals_ = Napi::ThreadSafeFunction::New(env, info[2].As<Napi::Function>(), "tpmtbs:PipeListener", 0, 1);
    thread_ = std::thread([this, first] { Serve(first); });
    Ref();  // until Close, since the thread uses this object
  }

  ~PipeListener() override { Stop(); }

 private:
  HANDLE MakePipe(DWORD flags) {
    SECURITY_ATTRIBUTES attributes = descriptor_->attributes();
    return CreateNamedPipeW(name_.c_str(), PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED | flags,
                            PIPE_TYPE_BYTE | PIPE_READMODE_BYTE | PIPE_WAIT | PIPE_REJECT_REMOTE_CLIENTS,
                            PIPE_UNLIMITED_INSTANCES, kBufferBytes, kBufferBytes, 0, &attributes);
  }

  // At least one instance exists at any time; otherwise another process could take the name.
  void Serve(HANDLE first) {
    Instance instances[kWaitingInstances];
    HANDLE events[kWaitingInstances + 1];
    for (DWORD i = 0; i < kWaitingInstances; i++) {
      instances[i].overlapped.hEvent = events[i] = CreateEventW(nullptr, TRUE, FALSE, nullptr);
    }
    events[kWaitingInstances] = stop_;
    instances[0].pipe = first;
    Await(&instances[0]);

    for (bool stopping = false; !stopping;) {
      bool all_wait = true;
      for (Instance& instance : instances) {
        if (instance.pipe == INVALID_HANDLE_VALUE) all_wait = Renew(&instance) && all_wait;
      }
      DWORD woken = WaitForMultipleObjects(kWaitingInstances + 1, events, FALSE, all_wait ? INFINITE : kRetryMs);
      if (woken == WAIT_OBJECT_0 + kWaitingInstances) stopping = true;
      else if (woken < WAIT_OBJECT_0 + kWaitingInstances) Take(&instances[woken - WAIT_OBJECT_0]);
    }
    for (Instance& instance : instances) {
      if (instance.pipe != INVALID_HANDLE_VALUE) {
        CancelIoEx(instance.pipe, &instance.overlapped);
        CloseHandle(instance.pipe);
      }
      CloseHandle(instance.overlapped.hEvent);
    }
    arrivals_.Release();
  }

  bool Renew(Instance* instance) {
    instance->pipe = MakePipe(0);
    if (instance->pipe == INVALID_HANDLE_VALUE) {
      Tell({INVALID_HANDLE_VALUE, GetLastError(), "CreateNamedPipeW"});
      return false;
    }
    Await(instance);
    return true;
  }

  // Sets the instance's event when a client has connected, now or later.
  void Await(Instance* instance) {
    ResetEvent(instance->overlapped.hEvent);
    if (ConnectNamedPipe(instance->pipe, &instance->overlapped)) return;
    DWORD error = GetLastError();
    if (error != ERROR_IO_PENDING) SetEvent(instance->overlapped.hEvent);
  }

  // Passes the connection on, once another instance holds the name.
  void Take(Instance* instance) {
    HANDLE connected = instance->pipe;
    instance->pipe = INVALID_HANDLE_VALUE;
    ResetEvent(instance->overlapped.hEvent);
    if (!Renew(instance)) {
      // Without memory for another instance, disconnect this client and let its instance wait again.
      DisconnectNamedPipe(connected);
      instance->pipe = connected;
      Await(instance);
      return;
    }
    Tell({connected, 0, nullptr});
  }

  void Tell(const Arrival& arrival) {
    auto* told = new Arrival(arrival);
    napi_status status = arrivals_.NonBlockingCall(told, [](Napi::Env env, Napi::Function callback, Arrival* arrived) {
      std::unique_ptr<Arrival> owned(arrived);
      if (owned->pipe == INVALID_HANDLE_VALUE) {
        callback.Call({env.Undefined(), Win32Error(env, owned->error, owned->function).Value()});
        return;
      }
      int fd = uv_open_osfhandle(reinterpret_cast<uv_os_fd_t>(owned->pipe));
      if (fd < 0) {
        CloseHandle(owned->pipe);
        callback.Call({env.Undefined(), Win32Error(env, ERROR_TOO_MANY_OPEN_FILES, "uv_open_osfhandle").Value()});
        return;
      }
      callback.Call({Napi::Number::New(env, fd), env.Undefined()});
    });
    if (status == napi_ok) return;
    if (told->pipe != INVALID_HANDLE_VALUE) CloseHandle(told->pipe);
    delete told;
  }

  void Stop() {
    if (!thread_.joinable()) return;
    SetEvent(stop_);
    thread_.join();
    CloseHandle(stop_);
  }

  Napi::Value Close(const Napi::CallbackInfo& info) {
    if (!thread_.joinable()) return info.Env().Undefined();
    Stop();
    Unref();
    return info.Env().Undefined();
  }

  std::wstring name_;
  std::unique_ptr<SecurityDescriptor> descriptor_;
  HANDLE stop_ = nullptr;
  std::thread thread_;
  Napi::ThreadSafeFunction arrivals_;
};

// openPipe(name): opens the client's end and returns its descriptor. Requests only the rights of a standard user
// (without the right to create instances, which Node.js requests), and lets the server identify the client but not
// impersonate it.
static Napi::Value OpenPipe(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  if (info.Length() < 1 || !info[0].IsString()) {
    Napi::TypeError::New(env, "openPipe(name)").ThrowAsJavaScriptException();
    return env.Undefined();
  }
  constexpr DWORD rights = (FILE_GENERIC_READ | FILE_GENERIC_WRITE) & ~static_cast<DWORD>(FILE_CREATE_PIPE_INSTANCE);
  HANDLE pipe = CreateFileW(WideText(info[0]).c_str(), rights, 0, nullptr, OPEN_EXISTING,
                            FILE_FLAG_OVERLAPPED | SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION, nullptr);
  if (pipe == INVALID_HANDLE_VALUE) {
    ThrowWin32(env, GetLastError(), "CreateFileW");
    return env.Undefined();
  }
  int fd = uv_open_osfhandle(reinterpret_cast<uv_os_fd_t>(pipe));
  if (fd < 0) {
    CloseHandle(pipe);
    ThrowWin32(env, ERROR_TOO_MANY_OPEN_FILES, "uv_open_osfhandle");
    return env.Undefined();
  }
  return Napi::Number::New(env, fd);
}

void ExportPipeListener(Napi::Env env, Napi::Object exports) {
  PipeListener::Export(env, exports);
  exports.Set("openPipe", Napi::Function::New(env, OpenPipe, "openPipe"));
}

}  // namespace tpmtbs
