#include "win32_error.h"

#include <uv.h>
#include <windows.h>

namespace tpmtbs {

static std::string MessageOf(DWORD error) {
  char text[512];
  DWORD length = FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, nullptr, error, 0, text,
                                sizeof(text), nullptr);
  while (length > 0 && (text[length - 1] == '\r' || text[length - 1] == '\n' || text[length - 1] == '.')) length--;
  return length == 0 ? "Windows error " + std::to_string(error) : std::string(text, length);
}

Napi::Error Win32Error(Napi::Env env, unsigned long error, const char* function) {
  const char* code = uv_err_name(uv_translate_sys_error(static_cast<int>(error)));
  Napi::Error failure = Napi::Error::New(env, MessageOf(error) + " (" + std::to_string(error) + "), " + function);
  failure.Set("code", Napi::String::New(env, code));
  failure.Set("win32Error", Napi::Number::New(env, error));
  failure.Set("syscall", Napi::String::New(env, function));
  return failure;
}

void ThrowWin32(Napi::Env env, unsigned long error, const char* function) {
  Win32Error(env, error, function).ThrowAsJavaScriptException();
}

std::wstring WideText(const Napi::Value& value) {
  std::u16string text = value.As<Napi::String>().Utf16Value();
  return std::wstring(text.begin(), text.end());
}

Napi::String TextOf(Napi::Env env, const wchar_t* text, size_t length) {
  return Napi::String::New(env, reinterpret_cast<const char16_t*>(text), length);
}

}  // namespace tpmtbs
