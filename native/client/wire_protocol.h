/* The numbers of the wire protocol, which docs/wire-protocol.md describes. All integers are little endian. */
#ifndef TPMTBS_WIRE_PROTOCOL_H
#define TPMTBS_WIRE_PROTOCOL_H

#include <stdint.h>

#define WIRE_HEADER_BYTES 16u
#define WIRE_MAX_REQUEST_BYTES 16384u
#define WIRE_MAX_RESPONSE_BYTES (WIRE_HEADER_BYTES + 65536u)
#define WIRE_RESPONSE_BIT 0x8000u

#define WIRE_MAGIC 0x57534254u
#define WIRE_LOWEST_VERSION 1u
#define WIRE_VERSION 2u
/* From this version on, the response to a refused SUBMIT ends with the reason, in UTF-8. */
#define WIRE_VERSION_WITH_REASONS 2u
#define WIRE_MAX_REASON_BYTES 1024u

enum wire_operation {
    WIRE_HELLO = 1,
    WIRE_OPEN_CONTEXT = 2,
    WIRE_CLOSE_CONTEXT = 3,
    WIRE_SUBMIT = 4,
    WIRE_CANCEL = 5,
    WIRE_DEVICE_INFO = 6,
    WIRE_GET_OWNER_AUTH = 7,
    WIRE_GET_TCG_LOG = 8,
    WIRE_PHYSICAL_PRESENCE = 9,
    WIRE_REVOKE_ATTESTATION = 10,
    WIRE_PING = 11,
};

/* TPM versions in the request of OPEN_CONTEXT. */
#define WIRE_TPM_12 1u
#define WIRE_TPM_20 2u

/* SUBMIT has priority, locality and deadline; its response starts with the applied priority. */
#define WIRE_SUBMIT_FIELDS_BYTES 12u
#define WIRE_SUBMIT_PREFIX_BYTES 4u

static inline void wire_put_u16(uint8_t *bytes, uint16_t value)
{
    bytes[0] = (uint8_t)value;
    bytes[1] = (uint8_t)(value >> 8);
}

static inline void wire_put_u32(uint8_t *bytes, uint32_t value)
{
    bytes[0] = (uint8_t)value;
    bytes[1] = (uint8_t)(value >> 8);
    bytes[2] = (uint8_t)(value >> 16);
    bytes[3] = (uint8_t)(value >> 24);
}

static inline uint16_t wire_get_u16(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] | bytes[1] << 8);
}

static inline uint32_t wire_get_u32(const uint8_t *bytes)
{
    return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

#endif
