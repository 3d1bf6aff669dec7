// as-standard-user PROGRAM ARGUMENTS…: runs a program as an administrator's programs run without elevation: with this user's
// token, in which the group Administrators can only deny access. Exits with the program's exit code.
#include <windows.h>

#include <cstdio>
#include <cwchar>

static int Fail(const char* function) {
  fprintf(stderr, "as-standard-user: %s: error %lu\n", function, GetLastError());
  return 125;
}

int main() {
  HANDLE own = nullptr;
  if (!OpenProcessToken(GetCurrentProcess(), TOKEN_ALL_ACCESS, &own)) return Fail("OpenProcessToken");
  BYTE administrators[SECURITY_MAX_SID_SIZE];
  DWORD size = sizeof(administrators);
  if (!CreateWellKnownSid(WinBuiltinAdministratorsSid, nullptr, administrators, &size)) {
    return Fail("CreateWellKnownSid");
  }
  SID_AND_ATTRIBUTES disabled{administrators, 0};
  HANDLE restricted = nullptr;
  if (!CreateRestrictedToken(own, 0, 1, &disabled, 0, nullptr, 0, nullptr, &restricted)) {
    return Fail("CreateRestrictedToken");
  }
  // The rest of the command line, unchanged.
  wchar_t* line = GetCommandLineW();
  bool quoted = *line == L'"';
  for (line++; *line != L'\0' && (quoted ? *line != L'"' : *line != L' '); line++) {
  }
  if (quoted && *line == L'"') line++;
  while (*line == L' ') line++;

  STARTUPINFOW startup{};
  startup.cb = sizeof(startup);
  startup.dwFlags = STARTF_USESTDHANDLES;
  startup.hStdInput = GetStdHandle(STD_INPUT_HANDLE);
  startup.hStdOutput = GetStdHandle(STD_OUTPUT_HANDLE);
  startup.hStdError = GetStdHandle(STD_ERROR_HANDLE);
  PROCESS_INFORMATION process{};
  if (!CreateProcessAsUserW(restricted, nullptr, line, nullptr, nullptr, TRUE, 0, nullptr, nullptr, &startup, &process)) {
    return Fail("CreateProcessAsUserW");
  }
  WaitForSingleObject(process.hProcess, INFINITE);
  DWORD code = 125;
  GetExitCodeProcess(process.hProcess, &code);
  return static_cast<int>(code);
}
