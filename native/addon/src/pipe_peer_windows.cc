// Identifies the client of a named pipe: by the token of the process that connected, and by the token that the client
// lends the server for this purpose (ImpersonateNamedPipeClient).
#include <uv.h>
#include <windows.h>

#include <aclapi.h>

#include "addon.h"
#include "token_facts.h"
#include "win32_error.h"

namespace tpmtbs {

namespace {

// Closes a handle at the end of its scope.
class OwnedHandle {
 public:
  explicit OwnedHandle(HANDLE handle = nullptr) : handle_(handle) {}
  OwnedHandle(const OwnedHandle&) = delete;
  ~OwnedHandle() {
    if (handle_ != nullptr && handle_ != INVALID_HANDLE_VALUE) CloseHandle(handle_);
  }
  HANDLE get() const { return handle_; }
  HANDLE* put() { return &handle_; }

 private:
  HANDLE handle_;
};

DWORD FactsOfProcess(DWORD process_id, const std::vector<std::wstring>& groups, TokenFacts* facts,
                     const char** function) {
  *function = "OpenProcess";
  OwnedHandle process(OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, process_id));
  if (process.get() == nullptr) return GetLastError();
  OwnedHandle primary;
  *function = "OpenProcessToken";
  if (!OpenProcessToken(process.get(), TOKEN_QUERY | TOKEN_DUPLICATE, primary.put())) return GetLastError();
  OwnedHandle impersonation;
  *function = "DuplicateTokenEx";
  if (!DuplicateTokenEx(primary.get(), TOKEN_QUERY, nullptr, SecurityIdentification, TokenImpersonation,
                        impersonation.put())) {
    return GetLastError();
  }
  return ReadTokenFacts(impersonation.get(), groups, facts, function);
}

DWORD FactsOfClient(HANDLE pipe, const std::vector<std::wstring>& groups, TokenFacts* facts, const char** function) {
  *function = "ImpersonateNamedPipeClient";
  if (!ImpersonateNamedPipeClient(pipe)) return GetLastError();
  OwnedHandle token;
  *function = "OpenThreadToken";
  // With OpenAsSelf: the client's token need not grant access to the client itself.
  BOOL opened = OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, token.put());
  DWORD error = opened ? 0 : GetLastError();
  // Continuing as another user would be worse than ending the process.
  if (!RevertToSelf()) abort();
  return error != 0 ? error : ReadTokenFacts(token.get(), groups, facts, function);
}

HANDLE PipeOf(const Napi::CallbackInfo& info) {
  return reinterpret_cast<HANDLE>(uv_get_osfhandle(info[0].As<Napi::Number>().Int32Value()));
}

bool HasDescriptor(const Napi::CallbackInfo& info, const char* usage) {
  if (info.Length() >= 1 && info[0].IsNumber()) return true;
  Napi::TypeError::New(info.Env(), usage).ThrowAsJavaScriptException();
  return false;
}

}  // namespace

// pipeClientProcess(fd, groupSids): returns {processId, …facts from the token of the process that connected}.
static Napi::Value PipeClientProcess(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  if (!HasDescriptor(info, "pipeClientProcess(fd, groupSids)")) return env.Undefined();
  ULONG process_id = 0;
  if (!GetNamedPipeClientProcessId(PipeOf(info), &process_id)) {
    ThrowWin32(env, GetLastError(), "GetNamedPipeClientProcessId");
    return env.Undefined();
  }
  TokenFacts facts;
  const char* function = "";
  DWORD error = FactsOfProcess(process_id, SidTexts(info[1]), &facts, &function);
  if (error != 0) {
    ThrowWin32(env, error, function);
    return env.Undefined();
  }
  Napi::Object result = FactsObject(env, facts);
  result.Set("processId", Napi::Number::New(env, process_id));
  return result;
}

// pipeClientUser(fd, groupSids): returns facts from the token that the client lends. Works only after a read.
static Napi::Value PipeClientUser(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  if (!HasDescriptor(info, "pipeClientUser(fd, groupSids)")) return env.Undefined();
  TokenFacts facts;
  const char* function = "";
  DWORD error = FactsOfClient(PipeOf(info), SidTexts(info[1]), &facts, &function);
  if (error != 0) {
    ThrowWin32(env, error, function);
    return env.Undefined();
  }
  return FactsObject(env, facts);
}

// pipeOwner(fd): returns the SID of the pipe's owner, who is the user that created its first instance.
static Napi::Value PipeOwner(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  if (!HasDescriptor(info, "pipeOwner(fd)")) return env.Undefined();
  PSID owner = nullptr;
  PSECURITY_DESCRIPTOR descriptor = nullptr;
  DWORD error = GetSecurityInfo(PipeOf(info), SE_KERNEL_OBJECT, OWNER_SECURITY_INFORMATION, &owner, nullptr, nullptr,
                                nullptr, &descriptor);
  return OwnerText(env, error, "GetSecurityInfo", owner, descriptor);
}

// ownToken(groupSids): returns facts from this process's token.
static Napi::Value OwnToken(const Napi::CallbackInfo& info) {
  TokenFacts facts;
  const char* function = "";
  DWORD error = FactsOfProcess(GetCurrentProcessId(), SidTexts(info[0]), &facts, &function);
  if (error != 0) {
    ThrowWin32(info.Env(), error, function);
    return info.Env().Undefined();
  }
  return FactsObject(info.Env(), facts);
}

void ExportPipePeer(Napi::Env env, Napi::Object exports) {
  exports.Set("pipeClientProcess", Napi::Function::New(env, PipeClientProcess, "pipeClientProcess"));
  exports.Set("pipeClientUser", Napi::Function::New(env, PipeClientUser, "pipeClientUser"));
  exports.Set("pipeOwner", Napi::Function::New(env, PipeOwner, "pipeOwner"));
  exports.Set("ownToken", Napi::Function::New(env, OwnToken, "ownToken"));
}

}  // namespace tpmtbs
