/* The measured-boot log, which the broker returns in parts. */
#include "context_table.h"
#include "exported.h"
#include "open_client.h"
#include "tbs.h"
#include "wire_client.h"

static void put_log_fields(uint8_t *fields, uint32_t log_type, uint32_t offset)
{
    wire_put_u32(fields, log_type);
    wire_put_u32(fields + 4, offset);
}

static struct wire_request log_request(PBYTE buffer, UINT32 capacity, size_t offset)
{
    return (struct wire_request){.payload = buffer == NULL || offset >= capacity ? NULL : buffer + offset,
                                 .payload_capacity = buffer == NULL || offset >= capacity ? 0 : capacity - offset,
                                 .prefix_bytes = 4};
}

/* Reads the parts after the first, which has already arrived, until the log is complete or does not fit. */
static TBS_RESULT read_log(struct wire_client *client, struct wire_request *part, uint32_t log_type, PBYTE buffer,
                           PUINT32 length)
{
    UINT32 capacity = buffer == NULL ? 0 : *length;
    size_t offset = 0;
    for (;;) {
        if (part->result != TBS_SUCCESS)
            return part->result;
        if (!part->has_prefix)
            return TBS_E_INTERNAL_ERROR;
        UINT32 total = wire_get_u32(part->prefix);
        if (buffer == NULL || total > capacity) {
            *length = total;
            return buffer == NULL ? TBS_SUCCESS : TBS_E_INSUFFICIENT_BUFFER;
        }
        offset += part->payload_bytes;
        if (offset >= total) {
            *length = total;
            return TBS_SUCCESS;
        }
        if (part->payload_bytes == 0)
            return TBS_E_INTERNAL_ERROR;
        uint8_t fields[8];
        put_log_fields(fields, log_type, (uint32_t)offset);
        *part = log_request(buffer, capacity, offset);
        TBS_RESULT result = wire_call(client, part, WIRE_GET_TCG_LOG, 0, fields, sizeof(fields), NULL, 0);
        if (result != TBS_SUCCESS)
            return result;
    }
}

EXPORT TBS_RESULT Tbsi_Get_TCG_Log(TBS_HCONTEXT hContext, PBYTE pOutputBuf, PUINT32 pOutputBufLen)
{
    if (pOutputBufLen == NULL)
        return TBS_E_INVALID_OUTPUT_POINTER;
    struct tbs_context *context = context_table_use(hContext);
    if (context == NULL)
        return TBS_E_INVALID_CONTEXT;
    uint8_t fields[8];
    put_log_fields(fields, TBS_TCGLOG_SRTM_CURRENT, 0);
    struct wire_request request = log_request(pOutputBuf, *pOutputBufLen, 0);
    TBS_RESULT result =
        wire_call(context->client, &request, WIRE_GET_TCG_LOG, 0, fields, sizeof(fields), NULL, 0);
    if (result == TBS_SUCCESS)
        result = read_log(context->client, &request, TBS_TCGLOG_SRTM_CURRENT, pOutputBuf, pOutputBufLen);
    context_table_release(context);
    return result;
}

EXPORT TBS_RESULT Tbsi_Get_TCG_Log_Ex(UINT32 logType, PBYTE pbOutput, PUINT32 pcbOutput)
{
    if (pcbOutput == NULL)
        return TBS_E_INVALID_OUTPUT_POINTER;
    if (logType > TBS_TCGLOG_DRTM_RESUME)
        return TBS_E_BAD_PARAMETER;
    uint8_t fields[8];
    put_log_fields(fields, logType, 0);
    struct wire_request request = log_request(pbOutput, *pcbOutput, 0);
    struct wire_client *client = NULL;
    TBS_RESULT result = open_client(WIRE_GET_TCG_LOG, fields, sizeof(fields), &request, &client);
    if (result != TBS_SUCCESS)
        return result;
    result = read_log(client, &request, logType, pbOutput, pcbOutput);
    wire_client_free(client);
    return result;
}
