// flock(2): an exclusive lock on an open file, which the kernel releases when its holder ends for any reason.
#include <sys/file.h>

#include <cerrno>

#include "addon.h"
#include "errno_error.h"

namespace tpmtbs {

// Returns true if the lock was acquired, false if another open file holds it.
static Napi::Value TryLockExclusive(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  if (info.Length() < 1 || !info[0].IsNumber()) {
    Napi::TypeError::New(env, "a file descriptor is expected").ThrowAsJavaScriptException();
    return env.Undefined();
  }
  int result;
  do {
    result = flock(info[0].As<Napi::Number>().Int32Value(), LOCK_EX | LOCK_NB);
  } while (result != 0 && errno == EINTR);
  if (result == 0) return Napi::Boolean::New(env, true);
  if (errno == EWOULDBLOCK) return Napi::Boolean::New(env, false);
  ThrowErrno(env, errno, "flock");
  return env.Undefined();
}

void ExportFileLock(Napi::Env env, Napi::Object exports) {
  exports.Set("tryLockExclusive", Napi::Function::New(env, TryLockExclusive, "tryLockExclusive"));
}

}  // namespace tpmtbs
