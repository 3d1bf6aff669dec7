// CLOCK_BOOTTIME: keeps counting during suspend, unlike process.hrtime (CLOCK_MONOTONIC), and is never stepped.
#include <cerrno>
#include <ctime>

#include "addon.h"
#include "errno_error.h"

namespace tpmtbs {

static Napi::Value BootTimeNs(const Napi::CallbackInfo& info) {
  timespec now{};
  if (clock_gettime(CLOCK_BOOTTIME, &now) != 0) {
    ThrowErrno(info.Env(), errno, "clock_gettime");
    return info.Env().Undefined();
  }
  int64_t ns = static_cast<int64_t>(now.tv_sec) * 1000000000 + now.tv_nsec;
  return Napi::BigInt::New(info.Env(), ns);
}

void ExportBootClock(Napi::Env env, Napi::Object exports) {
  exports.Set("bootTimeNs", Napi::Function::New(env, BootTimeNs, "bootTimeNs"));
}

}  // namespace tpmtbs
