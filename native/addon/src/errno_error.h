// Errors of system calls as Node.js shows them: code ('EBADF'), errno (negative) and syscall.
#pragma once

#include <napi.h>

namespace tpmtbs {

// Leaves a pending JavaScript exception; the caller returns at once.
void ThrowErrno(Napi::Env env, int error, const char* syscall);

}  // namespace tpmtbs
