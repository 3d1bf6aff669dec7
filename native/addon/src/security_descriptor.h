// A security descriptor parsed from SDDL, freed at the end of its scope.
#pragma once

#include <windows.h>

#include <sddl.h>

#include <string>

namespace tpmtbs {

class SecurityDescriptor {
 public:
  explicit SecurityDescriptor(const std::wstring& sddl) {
    if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(sddl.c_str(), SDDL_REVISION_1, &descriptor_, nullptr)) {
      error_ = GetLastError();
      descriptor_ = nullptr;
    }
  }
  SecurityDescriptor(const SecurityDescriptor&) = delete;
  ~SecurityDescriptor() {
    if (descriptor_ != nullptr) LocalFree(descriptor_);
  }

  // Returns 0, or the Windows error for an invalid SDDL text.
  DWORD error() const { return error_; }
  PSECURITY_DESCRIPTOR get() const { return descriptor_; }
  SECURITY_ATTRIBUTES attributes() const { return {sizeof(SECURITY_ATTRIBUTES), descriptor_, FALSE}; }

 private:
  PSECURITY_DESCRIPTOR descriptor_ = nullptr;
  DWORD error_ = 0;
};

}  // namespace tpmtbs
