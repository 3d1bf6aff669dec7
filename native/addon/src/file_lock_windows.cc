// LockFileEx: an exclusive lock on an open file that Windows frees when its holder ends, however it ends.
#include <uv.h>
#include <windows.h>

#include "addon.h"
#include "win32_error.h"

namespace tpmtbs {

// Locks of Windows keep others from reading what they cover: the byte that is locked lies where no content is.
static constexpr DWORD kBeyondContent = 0x7fffffff;

// True when the lock is held now; false when another open file holds it.
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
