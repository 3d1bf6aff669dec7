// Errors of Windows' functions as JavaScript sees them: code ('EACCES', as libuv translates), win32Error, syscall.
#pragma once

#include <napi.h>

#include <string>

namespace tpmtbs {

// Leaves a pending JavaScript exception; the caller returns at once.
void ThrowWin32(Napi::Env env, unsigned long error, const char* function);

// The error as an object, for promises and callbacks.
Napi::Error Win32Error(Napi::Env env, unsigned long error, const char* function);

// The wide text of a JavaScript string; Windows' functions take nothing else.
std::wstring WideText(const Napi::Value& value);
Napi::String TextOf(Napi::Env env, const wchar_t* text, size_t length);

}  // namespace tpmtbs
