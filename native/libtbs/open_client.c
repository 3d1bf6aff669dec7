#include "open_client.h"

#include "tbs_results.h"

uint32_t open_client(uint16_t operation, const uint8_t *fields, size_t fields_bytes, struct wire_request *first,
                     struct wire_client **client)
{
    struct wire_options options;
    if (!wire_options_from_environment(&options, NULL))
        return TBS_E_BAD_PARAMETER;
    return wire_client_open(&options, operation, fields, fields_bytes, first, client, NULL);
}
