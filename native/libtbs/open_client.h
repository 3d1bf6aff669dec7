/* Connections of libtbs, which has no configuration but the environment. */
#ifndef TPMTBS_OPEN_CLIENT_H
#define TPMTBS_OPEN_CLIENT_H

#include "wire_client.h"

/* As wire_client_open. TBS_E_BAD_PARAMETER when a variable of the environment has a value that makes no sense. */
uint32_t open_client(uint16_t operation, const uint8_t *fields, size_t fields_bytes, struct wire_request *first,
                     struct wire_client **client);

#endif
