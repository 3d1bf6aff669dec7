#include "tcti_refusal.h"

#include <stddef.h>

#include "tbs_results.h"
#include "tcti_log.h"

#define TPM_HEADER_BYTES 10u

/* From the header of a TPM response, which is big endian. */
static size_t size_in_header(const uint8_t *response)
{
    return (size_t)response[2] << 24 | (size_t)response[3] << 16 | (size_t)response[4] << 8 | response[5];
}

/* FNV-1a of 64 bits; never 0. */
static uint64_t identity_of(const uint8_t *bytes, size_t count)
{
    uint64_t hash = 0xcbf29ce484222325ull;
    for (size_t at = 0; at < count; at++)
        hash = (hash ^ bytes[at]) * 0x100000001b3ull;
    return hash != 0 ? hash : 1;
}

/* The log may be a terminal. */
static void log_reason(const uint8_t *reason, size_t count)
{
    char text[WIRE_MAX_REASON_BYTES + 1];
    size_t length = count < WIRE_MAX_REASON_BYTES ? count : WIRE_MAX_REASON_BYTES;
    for (size_t at = 0; at < length; at++)
        text[at] = reason[at] < 0x20 || reason[at] == 0x7f ? ' ' : (char)reason[at];
    text[length] = '\0';
    LOG_WARNING("The TpmTbs broker refused the command: %s", text);
}

void tcti_refusal_take_reason(struct tcti_refusal *refusal, struct wire_request *request)
{
    size_t received = request->payload_bytes;
    if (request->result == TBS_SUCCESS || received < TPM_HEADER_BYTES || received > request->payload_capacity)
        return;
    size_t response_bytes = size_in_header(request->payload);
    if (response_bytes < TPM_HEADER_BYTES || response_bytes >= received)
        return;
    const uint8_t *reason = request->payload + response_bytes;
    size_t reason_bytes = received - response_bytes;
    request->payload_bytes = response_bytes;
    /* Whoever cancels a command knows why. */
    if (request->result == TBS_E_COMMAND_CANCELED)
        return;
    uint64_t identity = identity_of(reason, reason_bytes);
    if (identity == refusal->last_reason)
        return;
    refusal->last_reason = identity;
    log_reason(reason, reason_bytes);
}
