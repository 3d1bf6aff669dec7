// LockFileEx: an exclusive lock on an open file, which Windows releases when its holder ends for any reason.
#include <uv.h>
#include <windows.h>

#include "addon.h"
#include "win32_error.h"

namespace tpmtbs {

// A lock on Windows also prevents others from reading the locked range, so lock a byte beyond the content.
static constexpr DWORD kBeyondContent = 0x7fffffff;

// Returns true if the lock was acquired, false if another open file holds it.
static Napi::Value TryLockExclusive(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  if (info.Length() < 1 || !info[0].IsNumber()) {
    Napi::TypeError::New(env, "a file descriptor is expected").ThrowAsJavaScriptException();
    return env.Undefined();
  }
  HANDLE file = reinterpret_cast<HANDLE>(uv_get_osfhandle(info[0].As<Napi::Number>().Int32Value()));
  OVERLAPPED place{};
  place.OffsetHigh = kBeyondContent;
  if (LockFileEx(file, LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &place)) {
    return Napi::Boolean::New(env, true);
  }
  DWORD error = GetLastError();
  if (error == ERROR_LOCK_VIOLATION || error == ERROR_IO_PENDING) return Napi::Boolean::New(env, false);
  ThrowWin32(env, error, "LockFileEx");
  return env.Undefined();
}

void ExportFileLock(Napi::Env env, Napi::Object exports) {
  exports.Set("tryLockExclusive", Napi::Function::New(env, TryLockExclusive, "tryLockExclusive"));
}

}  // namespace tpmtbs
