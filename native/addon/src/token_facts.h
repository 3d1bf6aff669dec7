// Facts about the user of a Windows access token.
#pragma once

#include <napi.h>
#include <windows.h>

#include <string>
#include <vector>

namespace tpmtbs {

struct TokenFacts {
  std::wstring user_sid;
  bool is_administrator = false;
  bool is_app_container = false;
  // For each requested group: whether the token has it enabled.
  std::vector<bool> memberships;
};

// Returns 0, or the Windows error and the function that failed. `impersonation` is a token of at least identification
// level, opened with TOKEN_QUERY.
DWORD ReadTokenFacts(HANDLE impersonation, const std::vector<std::wstring>& group_sids, TokenFacts* facts,
                     const char** function);

// Returns 0 or the Windows error.
DWORD SidText(PSID sid, std::wstring* text);

// Converts the result of `function`, which looked up an owner: returns the SID as text, or leaves a JavaScript
// exception pending. Frees `descriptor`, which holds `owner`.
Napi::Value OwnerText(Napi::Env env, DWORD error, const char* function, PSID owner, PSECURITY_DESCRIPTOR descriptor);
std::vector<std::wstring> SidTexts(const Napi::Value& list);
Napi::Object FactsObject(Napi::Env env, const TokenFacts& facts);

}  // namespace tpmtbs
