/* Connections of libtbs, which is configured only by the environment. */
#ifndef TPMTBS_OPEN_CLIENT_H
#define TPMTBS_OPEN_CLIENT_H

#include "wire_client.h"

/* Like wire_client_open. Returns TBS_E_BAD_PARAMETER if an environment variable has an invalid value. */
uint32_t open_client(uint16_t operation, const uint8_t *fields, size_t fields_bytes, struct wire_request *first,
                     struct wire_client **client);

#endif
