#include "gssapi_linux.h"

#include <dlfcn.h>

#include <mutex>

namespace tpmtbs::gss {

// 1.2.840.113554.1.2.2 is Kerberos 5, and 1.2.840.113554.1.2.2.1 the name of a Kerberos principal (RFC 1964).
static char kKerberosElements[] = "\x2a\x86\x48\x86\xf7\x12\x01\x02\x02";
static char kPrincipalElements[] = "\x2a\x86\x48\x86\xf7\x12\x01\x02\x02\x01";
const Oid kKerberos = {9, kKerberosElements};
const Oid kPrincipalName = {10, kPrincipalElements};

template <typename Function>
static bool Find(void* library, const char* name, Function* function) {
  *function = reinterpret_cast<Function>(dlsym(library, name));
  return *function != nullptr;
}

static bool FindAll(void* gssapi, void* krb5, Library* found) {
  return Find(gssapi, "gss_import_name", &found->import_name) &&
         Find(gssapi, "gss_release_name", &found->release_name) &&
         Find(gssapi, "gss_acquire_cred_from", &found->acquire_cred_from) &&
         Find(gssapi, "gss_release_cred", &found->release_cred) &&
         Find(gssapi, "gss_init_sec_context", &found->init_sec_context) &&
         Find(gssapi, "gss_delete_sec_context", &found->delete_sec_context) &&
         Find(gssapi, "gss_wrap", &found->wrap) && Find(gssapi, "gss_unwrap", &found->unwrap) &&
         Find(gssapi, "gss_display_status", &found->display_status) &&
         Find(gssapi, "gss_release_buffer", &found->release_buffer) &&
         Find(krb5, "krb5_init_context", &found->init_context) &&
         Find(krb5, "krb5_free_context", &found->free_context) &&
         Find(krb5, "krb5_cc_resolve", &found->cc_resolve) && Find(krb5, "krb5_cc_destroy", &found->cc_destroy);
}

const Library* Load(std::string* failure) {
  static std::mutex mutex;
  static Library library;
  static bool loaded = false;
  std::lock_guard<std::mutex> lock(mutex);
  if (loaded) return &library;
  void* gssapi = dlopen("libgssapi_krb5.so.2", RTLD_NOW | RTLD_LOCAL);
  void* krb5 = gssapi == nullptr ? nullptr : dlopen("libkrb5.so.3", RTLD_NOW | RTLD_LOCAL);
  loaded = krb5 != nullptr && FindAll(gssapi, krb5, &library);
  if (loaded) return &library;
  const char* reason = dlerror();
  *failure = reason == nullptr ? "libgssapi_krb5.so.2 is not usable" : reason;
  return nullptr;
}

}  // namespace tpmtbs::gss
