// Entry point. On platforms without sources of their own the addon loads but exports nothing, so that the TypeScript
// side can report which function is not available there.
#include "addon.h"

#include <uv.h>

#include <string>

#include "errno_error.h"

namespace tpmtbs {

void ThrowErrno(Napi::Env env, int error, const char* syscall) {
  const char* code = uv_err_name(-error);
  std::string message = std::string(code) + ": " + uv_strerror(-error) + ", " + syscall;
  Napi::Error failure = Napi::Error::New(env, message);
  failure.Set("code", Napi::String::New(env, code));
  failure.Set("errno", Napi::Number::New(env, -error));
  failure.Set("syscall", Napi::String::New(env, syscall));
  failure.ThrowAsJavaScriptException();
}

static Napi::Object Init(Napi::Env env, Napi::Object exports) {
#ifdef __linux__
  ExportBootClock(env, exports);
  ExportByteStream(env, exports);
  ExportConnectionAcceptor(env, exports);
  ExportDatagram(env, exports);
  ExportFileLock(env, exports);
  ExportKerberosClient(env, exports);
  ExportPeerCredentials(env, exports);
  ExportStreamPoller(env, exports);
#elif defined(_WIN32)
  ExportAccounts(env, exports);
  ExportBootClock(env, exports);
  ExportFileLock(env, exports);
  ExportPipeListener(env, exports);
  ExportPipePeer(env, exports);
  ExportRegistry(env, exports);
  ExportTbs(env, exports);
#endif
  return exports;
}

}  // namespace tpmtbs

static Napi::Object InitModule(Napi::Env env, Napi::Object exports) { return tpmtbs::Init(env, exports); }

NODE_API_MODULE(tpmtbs, InitModule)
