// GetTickCount64: counts from boot, also during sleep, and is never stepped. Its resolution is 10 to 16 milliseconds.
#include <windows.h>

#include "addon.h"

namespace tpmtbs {

static Napi::Value BootTimeNs(const Napi::CallbackInfo& info) {
  return Napi::BigInt::New(info.Env(), static_cast<uint64_t>(GetTickCount64()) * 1000000u);
}

void ExportBootClock(Napi::Env env, Napi::Object exports) {
  exports.Set("bootTimeNs", Napi::Function::New(env, BootTimeNs, "bootTimeNs"));
}

}  // namespace tpmtbs
