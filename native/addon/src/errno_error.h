// Errors of system calls in the form of Node.js: code ('EBADF'), errno (negative) and syscall.
#pragma once

#include <napi.h>

namespace tpmtbs {

// Leaves a JavaScript exception pending; the caller must return immediately.
void ThrowErrno(Napi::Env env, int error, const char* syscall);

}  // namespace tpmtbs
