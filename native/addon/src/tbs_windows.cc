// Windows' own TPM Base Services (tbs.dll), loaded on first use, so that the addon also loads on a machine without it.
// Functions and structures follow Microsoft's documentation of Tbs.h.
#include <windows.h>

#include <memory>
#include <mutex>
#include <vector>

#include "addon.h"
#include "win32_error.h"

namespace tpmtbs {

namespace {

using TbsHandle = void*;
using TbsResult = UINT32;

struct ContextParams2 {
  UINT32 version;
  UINT32 flags;
};
constexpr UINT32 kVersion2 = 2;
constexpr UINT32 kIncludeTpm12 = 1u << 1;
constexpr UINT32 kIncludeTpm20 = 1u << 2;
constexpr UINT32 kLocalityZero = 0;
constexpr UINT32 kMaxResponseBytes = 16384;

struct Library {
  HMODULE module = nullptr;
  TbsResult(WINAPI* create)(const ContextParams2*, TbsHandle*) = nullptr;
  TbsResult(WINAPI* close)(TbsHandle) = nullptr;
  TbsResult(WINAPI* submit)(TbsHandle, UINT32, UINT32, const BYTE*, UINT32, BYTE*, UINT32*) = nullptr;
  TbsResult(WINAPI* cancel)(TbsHandle) = nullptr;

  // Only from the system directory: a tbs.dll beside the program or on the PATH is not Windows' own.
  DWORD Load(const char** function) {
    *function = "LoadLibraryExW(tbs.dll)";
    module = LoadLibraryExW(L"tbs.dll", nullptr, LOAD_LIBRARY_SEARCH_SYSTEM32);
    if (module == nullptr) return GetLastError();
    *function = "GetProcAddress(tbs.dll)";
    if (!Find("Tbsi_Context_Create", &create) || !Find("Tbsip_Context_Close", &close) ||
        !Find("Tbsip_Submit_Command", &submit) || !Find("Tbsip_Cancel_Commands", &cancel)) {
      DWORD error = GetLastError();
      FreeLibrary(module);
      module = nullptr;
      return error;
    }
    return 0;
  }

  template <typename Function>
  bool Find(const char* name, Function* function) {
    *function = reinterpret_cast<Function>(reinterpret_cast<void*>(GetProcAddress(module, name)));
    return *function != nullptr;
  }
};

// Shared by the JavaScript object and the commands in progress, so that it lives as long as either uses it.
struct Context {
  Library library;
  TbsHandle handle = nullptr;

  ~Context() {
    if (handle != nullptr) library.close(handle);
    if (library.module != nullptr) FreeLibrary(library.module);
  }
};

Napi::Error TbsFailure(Napi::Env env, TbsResult result, const char* function) {
  char text[96];
  snprintf(text, sizeof(text), "Windows' TBS answered 0x%08X to %s", static_cast<unsigned>(result), function);
  Napi::Error error = Napi::Error::New(env, text);
  error.Set("tbsResult", Napi::Number::New(env, result));
  error.Set("syscall", Napi::String::New(env, function));
  return error;
}

class Submission : public Napi::AsyncWorker {
 public:
  Submission(Napi::Env env, std::shared_ptr<Context> context, std::vector<BYTE> command, UINT32 priority)
      : Napi::AsyncWorker(env, "tpmtbs:TbsContext"),
        promise_(Napi::Promise::Deferred::New(env)),
        context_(std::move(context)),
        command_(std::move(command)),
        response_(kMaxResponseBytes),
        priority_(priority) {}

  Napi::Promise Promise() { return promise_.Promise(); }

 protected:
  void Execute() override {
    length_ = static_cast<UINT32>(response_.size());
    result_ = context_->library.submit(context_->handle, kLocalityZero, priority_, command_.data(),
                                       static_cast<UINT32>(command_.size()), response_.data(), &length_);
  }

  void OnOK() override {
    Napi::Env env = Env();
    if (result_ != 0) {
      promise_.Reject(TbsFailure(env, result_, "Tbsip_Submit_Command").Value());
    } else {
      Napi::Uint8Array response = Napi::Uint8Array::New(env, length_);
      memcpy(response.Data(), response_.data(), length_);
      promise_.Resolve(response);
    }
    // The bytes may contain an owner authorization.
    SecureZeroMemory(command_.data(), command_.size());
    SecureZeroMemory(response_.data(), response_.size());
  }

 private:
  Napi::Promise::Deferred promise_;
  std::shared_ptr<Context> context_;
  std::vector<BYTE> command_;
  std::vector<BYTE> response_;
  UINT32 length_ = 0;
  UINT32 priority_;
  TbsResult result_ = 0;
};

}  // namespace

class TbsContext : public Napi::ObjectWrap<TbsContext> {
 public:
  static void Export(Napi::Env env, Napi::Object exports) {
    exports.Set("TbsContext", DefineClass(env, "TbsContext",
                                          {
                                              InstanceMethod<&TbsContext::Submit>("submit"),
                                              InstanceMethod<&TbsContext::Cancel>("cancel"),
                                              InstanceMethod<&TbsContext::Close>("close"),
                                          }));
  }

  // new TbsContext(): a context for TPM 1.2 and 2.0. Throws with `code` ENOENT if there is no tbs.dll, and with
  // `tbsResult` if TBS refuses.
  explicit TbsContext(const Napi::CallbackInfo& info) : Napi::ObjectWrap<TbsContext>(info) {
    auto context = std::make_shared<Context>();
    const char* function = "";
    DWORD error = context->library.Load(&function);
    if (error != 0) {
      ThrowWin32(info.Env(), error, function);
      return;
    }
    ContextParams2 params{kVersion2, kIncludeTpm12 | kIncludeTpm20};
    TbsHandle handle = nullptr;
    TbsResult result = context->library.create(&params, &handle);
    if (result != 0) {
      TbsFailure(info.Env(), result, "Tbsi_Context_Create").ThrowAsJavaScriptException();
      return;
    }
    context->handle = handle;
    context_ = std::move(context);
  }

 private:
  // submit(command, priority): returns Promise<Uint8Array>; rejects with `tbsResult`.
  Napi::Value Submit(const Napi::CallbackInfo& info) {
    Napi::Env env = info.Env();
    if (info.Length() < 2 || !info[0].IsTypedArray() || !info[1].IsNumber() || context_ == nullptr) {
      Napi::TypeError::New(env, "submit(command, priority) of an open context").ThrowAsJavaScriptException();
      return env.Undefined();
    }
    auto bytes = info[0].As<Napi::Uint8Array>();
    std::vector<BYTE> command(bytes.Data(), bytes.Data() + bytes.ByteLength());
    auto* submission = new Submission(env, context_, std::move(command), info[1].As<Napi::Number>().Uint32Value());
    Napi::Promise promise = submission->Promise();
    submission->Queue();
    return promise;
  }

  // cancel(): asks TBS to cancel the commands of this context; throws with `tbsResult`.
  Napi::Value Cancel(const Napi::CallbackInfo& info) {
    if (context_ == nullptr) return info.Env().Undefined();
    TbsResult result = context_->library.cancel(context_->handle);
    if (result != 0) TbsFailure(info.Env(), result, "Tbsip_Cancel_Commands").ThrowAsJavaScriptException();
    return info.Env().Undefined();
  }

  // close(): releases the context, which closes when its last command has ended.
  Napi::Value Close(const Napi::CallbackInfo& info) {
    context_.reset();
    return info.Env().Undefined();
  }

  std::shared_ptr<Context> context_;
};

void ExportTbs(Napi::Env env, Napi::Object exports) { TbsContext::Export(env, exports); }

}  // namespace tpmtbs
