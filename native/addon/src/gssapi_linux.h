// The part of the GSS-API (RFC 2744, RFC 5588) and of MIT Kerberos that a client needs. The system's libraries are
// loaded on first use, so that the addon also loads on machines without Kerberos.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace tpmtbs::gss {

struct Buffer {
  size_t length = 0;
  void* value = nullptr;
};

struct Oid {
  uint32_t length;
  void* elements;
};

struct OidSet {
  size_t count;
  Oid* elements;
};

struct ChannelBindings {
  uint32_t initiator_address_type = 0;
  Buffer initiator_address;
  uint32_t acceptor_address_type = 0;
  Buffer acceptor_address;
  Buffer application_data;
};

struct KeyValue {
  const char* key;
  const char* value;
};

struct KeyValueSet {
  uint32_t count;
  const KeyValue* elements;
};

constexpr uint32_t kContinueNeeded = 1;
constexpr uint32_t kErrorMask = 0xffff0000;
constexpr uint32_t kMutual = 2;
constexpr uint32_t kReplay = 4;
constexpr uint32_t kSequence = 8;
constexpr uint32_t kIntegrity = 32;
constexpr int kInitiate = 1;
constexpr int kMinorStatusCode = 2;

// The functions of libgssapi_krb5.so.2 and libkrb5.so.3. Handles are opaque pointers.
struct Library {
  uint32_t (*import_name)(uint32_t*, const Buffer*, const Oid*, void**);
  uint32_t (*release_name)(uint32_t*, void**);
  uint32_t (*acquire_cred_from)(uint32_t*, void*, uint32_t, const OidSet*, int, const KeyValueSet*, void**, OidSet**,
                                uint32_t*);
  uint32_t (*release_cred)(uint32_t*, void**);
  uint32_t (*init_sec_context)(uint32_t*, void*, void**, void*, const Oid*, uint32_t, uint32_t, const ChannelBindings*,
                               const Buffer*, Oid**, Buffer*, uint32_t*, uint32_t*);
  uint32_t (*delete_sec_context)(uint32_t*, void**, Buffer*);
  uint32_t (*wrap)(uint32_t*, void*, int, uint32_t, const Buffer*, int*, Buffer*);
  uint32_t (*unwrap)(uint32_t*, void*, const Buffer*, Buffer*, int*, uint32_t*);
  uint32_t (*display_status)(uint32_t*, uint32_t, int, const Oid*, uint32_t*, Buffer*);
  uint32_t (*release_buffer)(uint32_t*, Buffer*);
  int32_t (*init_context)(void**);
  void (*free_context)(void*);
  int32_t (*cc_resolve)(void*, const char*, void**);
  int32_t (*cc_destroy)(void*, void*);
};

extern const Oid kKerberos;
extern const Oid kPrincipalName;

// Returns null, with the reason in *failure, if the libraries are missing. The first success is cached.
const Library* Load(std::string* failure);

}  // namespace tpmtbs::gss
