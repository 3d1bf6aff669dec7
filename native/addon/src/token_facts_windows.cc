#include "token_facts.h"

#include <sddl.h>

#include "win32_error.h"

namespace tpmtbs {

// TokenIsAppContainer, a value of TOKEN_INFORMATION_CLASS that old headers lack.
static constexpr auto kTokenIsAppContainer = static_cast<TOKEN_INFORMATION_CLASS>(29);

DWORD SidText(PSID sid, std::wstring* text) {
  LPWSTR converted = nullptr;
  if (!ConvertSidToStringSidW(sid, &converted)) return GetLastError();
  *text = converted;
  LocalFree(converted);
  return 0;
}

Napi::Value OwnerText(Napi::Env env, DWORD error, const char* function, PSID owner, PSECURITY_DESCRIPTOR descriptor) {
  if (error != ERROR_SUCCESS) {
    ThrowWin32(env, error, function);
    return env.Undefined();
  }
  std::wstring text;
  error = SidText(owner, &text);
  LocalFree(descriptor);
  if (error != ERROR_SUCCESS) {
    ThrowWin32(env, error, "ConvertSidToStringSidW");
    return env.Undefined();
  }
  return TextOf(env, text.c_str(), text.size());
}

static DWORD UserSid(HANDLE token, std::wstring* text, const char** function) {
  DWORD size = 0;
  GetTokenInformation(token, TokenUser, nullptr, 0, &size);
  std::vector<BYTE> buffer(size);
  *function = "GetTokenInformation(TokenUser)";
  if (!GetTokenInformation(token, TokenUser, buffer.data(), size, &size)) return GetLastError();
  *function = "ConvertSidToStringSidW";
  return SidText(reinterpret_cast<TOKEN_USER*>(buffer.data())->User.Sid, text);
}

static DWORD IsMember(HANDLE token, PSID group, bool* is_member, const char** function) {
  BOOL member = FALSE;
  *function = "CheckTokenMembership";
  if (!CheckTokenMembership(token, group, &member)) return GetLastError();
  *is_member = member != FALSE;
  return 0;
}

DWORD ReadTokenFacts(HANDLE token, const std::vector<std::wstring>& group_sids, TokenFacts* facts,
                     const char** function) {
  DWORD error = UserSid(token, &facts->user_sid, function);
  if (error != 0) return error;

  DWORD is_app_container = 0;
  DWORD size = sizeof(is_app_container);
  *function = "GetTokenInformation(TokenIsAppContainer)";
  if (!GetTokenInformation(token, kTokenIsAppContainer, &is_app_container, size, &size)) return GetLastError();
  facts->is_app_container = is_app_container != 0;

  // Deny-only memberships do not count, such as those in an administrator's token that is not elevated.
  BYTE administrators[SECURITY_MAX_SID_SIZE];
  size = sizeof(administrators);
  *function = "CreateWellKnownSid";
  if (!CreateWellKnownSid(WinBuiltinAdministratorsSid, nullptr, administrators, &size)) return GetLastError();
  error = IsMember(token, administrators, &facts->is_administrator, function);
  if (error != 0) return error;

  for (const std::wstring& text : group_sids) {
    PSID sid = nullptr;
    *function = "ConvertStringSidToSidW";
    if (!ConvertStringSidToSidW(text.c_str(), &sid)) return GetLastError();
    bool is_member = false;
    error = IsMember(token, sid, &is_member, function);
    LocalFree(sid);
    if (error != 0) return error;
    facts->memberships.push_back(is_member);
  }
  return 0;
}

std::vector<std::wstring> SidTexts(const Napi::Value& list) {
  std::vector<std::wstring> texts;
  if (!list.IsArray()) return texts;
  auto array = list.As<Napi::Array>();
  for (uint32_t i = 0; i < array.Length(); i++) texts.push_back(WideText(array.Get(i)));
  return texts;
}

Napi::Object FactsObject(Napi::Env env, const TokenFacts& facts) {
  Napi::Object result = Napi::Object::New(env);
  result.Set("userSid", TextOf(env, facts.user_sid.c_str(), facts.user_sid.size()));
  result.Set("isAdministrator", Napi::Boolean::New(env, facts.is_administrator));
  result.Set("isAppContainer", Napi::Boolean::New(env, facts.is_app_container));
  Napi::Array memberships = Napi::Array::New(env, facts.memberships.size());
  for (uint32_t i = 0; i < facts.memberships.size(); i++) {
    memberships.Set(i, Napi::Boolean::New(env, facts.memberships[i]));
  }
  result.Set("memberships", memberships);
  return result;
}

}  // namespace tpmtbs
