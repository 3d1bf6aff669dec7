// Account names, their security identifiers, and the access rights of folders.
#include <windows.h>

#include <aclapi.h>
#include <sddl.h>

#include <vector>

#include "addon.h"
#include "security_descriptor.h"
#include "token_facts.h"
#include "win32_error.h"

namespace tpmtbs {

// accountSid(name): returns the SID as text, or undefined if there is no such account.
static Napi::Value AccountSid(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  if (info.Length() < 1 || !info[0].IsString()) {
    Napi::TypeError::New(env, "accountSid(name)").ThrowAsJavaScriptException();
    return env.Undefined();
  }
  BYTE sid[SECURITY_MAX_SID_SIZE];
  DWORD sid_size = sizeof(sid);
  std::vector<wchar_t> domain(512);
  DWORD domain_size = static_cast<DWORD>(domain.size());
  SID_NAME_USE use;
  if (!LookupAccountNameW(nullptr, WideText(info[0]).c_str(), sid, &sid_size, domain.data(), &domain_size, &use)) {
    return env.Undefined();
  }
  std::wstring text;
  DWORD error = SidText(sid, &text);
  if (error != 0) {
    ThrowWin32(env, error, "ConvertSidToStringSidW");
    return env.Undefined();
  }
  return TextOf(env, text.c_str(), text.size());
}

// accountName(sid): returns DOMAIN\name, or undefined if no account has the SID.
static Napi::Value AccountName(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  PSID sid = nullptr;
  if (info.Length() < 1 || !info[0].IsString() || !ConvertStringSidToSidW(WideText(info[0]).c_str(), &sid)) {
    return env.Undefined();
  }
  wchar_t name[512];
  wchar_t domain[512];
  DWORD name_size = 512;
  DWORD domain_size = 512;
  SID_NAME_USE use;
  BOOL found = LookupAccountSidW(nullptr, sid, name, &name_size, domain, &domain_size, &use);
  LocalFree(sid);
  if (!found) return env.Undefined();
  std::wstring full = domain_size == 0 ? name : std::wstring(domain) + L"\\" + name;
  return TextOf(env, full.c_str(), full.size());
}

// protectFolder(path, sddl): replaces the DACL of the folder and of what is created in it, and stops inheritance.
static Napi::Value ProtectFolder(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  if (info.Length() < 2 || !info[0].IsString() || !info[1].IsString()) {
    Napi::TypeError::New(env, "protectFolder(path, sddl)").ThrowAsJavaScriptException();
    return env.Undefined();
  }
  SecurityDescriptor descriptor(WideText(info[1]));
  if (descriptor.error() != 0) {
    ThrowWin32(env, descriptor.error(), "ConvertStringSecurityDescriptorToSecurityDescriptorW");
    return env.Undefined();
  }
  BOOL present = FALSE;
  BOOL defaulted = FALSE;
  PACL dacl = nullptr;
  GetSecurityDescriptorDacl(descriptor.get(), &present, &dacl, &defaulted);
  std::wstring path = WideText(info[0]);
  DWORD error = SetNamedSecurityInfoW(path.data(), SE_FILE_OBJECT,
                                      DACL_SECURITY_INFORMATION | PROTECTED_DACL_SECURITY_INFORMATION, nullptr, nullptr,
                                      dacl, nullptr);
  if (error != ERROR_SUCCESS) ThrowWin32(env, error, "SetNamedSecurityInfoW");
  return env.Undefined();
}

// ownerOf(path): returns the SID of the owner of a file or folder.
static Napi::Value OwnerOf(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  if (info.Length() < 1 || !info[0].IsString()) {
    Napi::TypeError::New(env, "ownerOf(path)").ThrowAsJavaScriptException();
    return env.Undefined();
  }
  std::wstring path = WideText(info[0]);
  PSID owner = nullptr;
  PSECURITY_DESCRIPTOR descriptor = nullptr;
  DWORD error = GetNamedSecurityInfoW(path.data(), SE_FILE_OBJECT, OWNER_SECURITY_INFORMATION, &owner, nullptr, nullptr,
                                      nullptr, &descriptor);
  return OwnerText(env, error, "GetNamedSecurityInfoW", owner, descriptor);
}

void ExportAccounts(Napi::Env env, Napi::Object exports) {
  exports.Set("accountSid", Napi::Function::New(env, AccountSid, "accountSid"));
  exports.Set("accountName", Napi::Function::New(env, AccountName, "accountName"));
  exports.Set("protectFolder", Napi::Function::New(env, ProtectFolder, "protectFolder"));
  exports.Set("ownerOf", Napi::Function::New(env, OwnerOf, "ownerOf"));
}

}  // namespace tpmtbs
