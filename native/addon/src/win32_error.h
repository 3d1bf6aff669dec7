// Errors of Windows functions in JavaScript: code ('EACCES', as libuv translates it), win32Error and syscall.
#pragma once

#include <napi.h>

#include <string>

namespace tpmtbs {

// Leaves a JavaScript exception pending; the caller must return immediately.
void ThrowWin32(Napi::Env env, unsigned long error, const char* function);

// Returns the error as an object, for promises and callbacks.
Napi::Error Win32Error(Napi::Env env, unsigned long error, const char* function);

// Converts a JavaScript string to wide text, which the Windows functions require.
std::wstring WideText(const Napi::Value& value);
Napi::String TextOf(Napi::Env env, const wchar_t* text, size_t length);

}  // namespace tpmtbs
