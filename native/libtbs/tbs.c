/* Contexts, and calls that use one: commands, physical presence, owner authorizations. */
#include "tbs.h"

#include <stdlib.h>

#include "context_table.h"
#include "exported.h"
#include "open_client.h"
#include "wire_client.h"

/* Returns the versions that the program supports, as bits of OPEN_CONTEXT; 0 if the parameters are invalid. */
static uint32_t versions_of(PCTBS_CONTEXT_PARAMS params)
{
    if (params->version == TBS_CONTEXT_VERSION_ONE)
        return WIRE_TPM_12;
    if (params->version != TBS_CONTEXT_VERSION_TWO)
        return 0;
    const TBS_CONTEXT_PARAMS2 *params2 = (const TBS_CONTEXT_PARAMS2 *)params;
    return (params2->includeTpm12 ? WIRE_TPM_12 : 0) | (params2->includeTpm20 ? WIRE_TPM_20 : 0);
}

static TBS_RESULT open_context(uint32_t versions, struct tbs_context **opened)
{
    uint8_t fields[4];
    uint8_t answer[12];
    wire_put_u32(fields, versions);
    struct wire_request request = {.payload = answer, .payload_capacity = sizeof(answer)};
    struct wire_client *client = NULL;
    TBS_RESULT result = open_client(WIRE_OPEN_CONTEXT, fields, sizeof(fields), &request, &client);
    if (result != TBS_SUCCESS)
        return result;
    struct tbs_context *context = NULL;
    result = request.result;
    if (result == TBS_SUCCESS && request.payload_bytes < sizeof(answer))
        result = TBS_E_INTERNAL_ERROR;
    if (result == TBS_SUCCESS && (context = calloc(1, sizeof(*context))) == NULL)
        result = TBS_E_INTERNAL_ERROR;
    if (result != TBS_SUCCESS) {
        wire_client_free(client);
        return result;
    }
    context->client = client;
    context->wire_context = wire_get_u32(answer);
    context->max_command_bytes = wire_get_u32(answer + 8);
    *opened = context;
    return TBS_SUCCESS;
}

EXPORT TBS_RESULT Tbsi_Context_Create(PCTBS_CONTEXT_PARAMS pContextParams, PTBS_HCONTEXT phContext)
{
    if (phContext == NULL)
        return TBS_E_INVALID_OUTPUT_POINTER;
    *phContext = NULL;
    if (pContextParams == NULL)
        return TBS_E_BAD_PARAMETER;
    uint32_t versions = versions_of(pContextParams);
    if (versions == 0)
        return TBS_E_INVALID_CONTEXT_PARAM;
    struct tbs_context *context = NULL;
    TBS_RESULT result = open_context(versions, &context);
    if (result != TBS_SUCCESS)
        return result;
    *phContext = context_table_add(context);
    if (*phContext == NULL) {
        wire_client_free(context->client);
        free(context);
        return TBS_E_TOO_MANY_TBS_CONTEXTS;
    }
    return TBS_SUCCESS;
}

EXPORT TBS_RESULT Tbsip_Context_Close(TBS_HCONTEXT hContext)
{
    struct tbs_context *context = context_table_remove(hContext);
    if (context == NULL)
        return TBS_E_INVALID_CONTEXT;
    /*
     * Waits for the response, so that the user's quota is free when this returns. If the broker is gone, its context
     * is too. In the child of a fork, only this process's part is freed.
     */
    struct wire_request request = {0};
    wire_call(context->client, &request, WIRE_CLOSE_CONTEXT, context->wire_context, NULL, 0, NULL, 0);
    context_table_release(context);
    return TBS_SUCCESS;
}

static TBS_RESULT submit(struct tbs_context *context, uint32_t locality, uint32_t priority, PCBYTE command,
                         UINT32 command_bytes, PBYTE response, PUINT32 response_bytes)
{
    uint8_t fields[WIRE_SUBMIT_FIELDS_BYTES];
    wire_put_u32(fields, priority);
    wire_put_u32(fields + 4, locality);
    wire_put_u32(fields + 8, 0);
    struct wire_request request = {
        .payload = response, .payload_capacity = *response_bytes, .prefix_bytes = WIRE_SUBMIT_PREFIX_BYTES};
    TBS_RESULT result = wire_call(context->client, &request, WIRE_SUBMIT, context->wire_context, fields,
                                  sizeof(fields), command, command_bytes);
    if (result != TBS_SUCCESS)
        return result;
    if (!request.has_prefix)
        return TBS_E_INTERNAL_ERROR;
    UINT32 capacity = *response_bytes;
    *response_bytes = (UINT32)request.payload_bytes;
    return request.payload_bytes > capacity ? TBS_E_INSUFFICIENT_BUFFER : TBS_SUCCESS;
}

EXPORT TBS_RESULT Tbsip_Submit_Command(TBS_HCONTEXT hContext, TBS_COMMAND_LOCALITY Locality,
                                       TBS_COMMAND_PRIORITY Priority, PCBYTE pabCommand, UINT32 cbCommand,
                                       PBYTE pabResult, PUINT32 pcbResult)
{
    if (pabResult == NULL || pcbResult == NULL)
        return TBS_E_INVALID_OUTPUT_POINTER;
    if (pabCommand == NULL || cbCommand == 0 || Locality > TBS_COMMAND_LOCALITY_FOUR)
        return TBS_E_BAD_PARAMETER;
    struct tbs_context *context = context_table_use(hContext);
    if (context == NULL)
        return TBS_E_INVALID_CONTEXT;
    TBS_RESULT result = cbCommand > context->max_command_bytes
                            ? TBS_E_BUFFER_TOO_LARGE
                            : submit(context, Locality, Priority, pabCommand, cbCommand, pabResult, pcbResult);
    context_table_release(context);
    return result;
}

EXPORT TBS_RESULT Tbsip_Cancel_Commands(TBS_HCONTEXT hContext)
{
    struct tbs_context *context = context_table_use(hContext);
    if (context == NULL)
        return TBS_E_INVALID_CONTEXT;
    struct wire_request request = {0};
    TBS_RESULT result =
        wire_call(context->client, &request, WIRE_CANCEL, context->wire_context, NULL, 0, NULL, 0);
    context_table_release(context);
    return result;
}

/* As Windows' functions do for a result of unknown size: with a NULL buffer, the caller asks for the size. */
static TBS_RESULT finish_sized(TBS_RESULT result, const struct wire_request *request, PBYTE buffer, PUINT32 length)
{
    if (result != TBS_SUCCESS)
        return result;
    UINT32 capacity = buffer == NULL ? 0 : *length;
    *length = (UINT32)request->payload_bytes;
    return buffer != NULL && request->payload_bytes > capacity ? TBS_E_INSUFFICIENT_BUFFER : TBS_SUCCESS;
}

EXPORT TBS_RESULT Tbsi_Physical_Presence_Command(TBS_HCONTEXT hContext, PCBYTE pabInput, UINT32 cbInput,
                                                 PBYTE pabOutput, PUINT32 pcbOutput)
{
    if (pcbOutput == NULL || (pabOutput == NULL && *pcbOutput != 0))
        return TBS_E_INVALID_OUTPUT_POINTER;
    if (pabInput == NULL || cbInput == 0)
        return TBS_E_BAD_PARAMETER;
    struct tbs_context *context = context_table_use(hContext);
    if (context == NULL)
        return TBS_E_INVALID_CONTEXT;
    struct wire_request request = {.payload = pabOutput, .payload_capacity = pabOutput == NULL ? 0 : *pcbOutput};
    TBS_RESULT result = wire_call(context->client, &request, WIRE_PHYSICAL_PRESENCE, context->wire_context, NULL, 0,
                                  pabInput, cbInput);
    result = finish_sized(result, &request, pabOutput, pcbOutput);
    context_table_release(context);
    return result;
}

EXPORT TBS_RESULT Tbsi_Get_OwnerAuth(TBS_HCONTEXT hContext, TBS_OWNERAUTH_TYPE ownerauthType, PBYTE pOutputBuf,
                                     PUINT32 pOutputBufLen)
{
    if (pOutputBufLen == NULL)
        return TBS_E_INVALID_OUTPUT_POINTER;
    struct tbs_context *context = context_table_use(hContext);
    if (context == NULL)
        return TBS_E_INVALID_CONTEXT;
    uint8_t fields[4];
    wire_put_u32(fields, ownerauthType);
    struct wire_request request = {.payload = pOutputBuf, .payload_capacity = pOutputBuf == NULL ? 0 : *pOutputBufLen};
    TBS_RESULT result = wire_call(context->client, &request, WIRE_GET_OWNER_AUTH, context->wire_context, fields,
                                  sizeof(fields), NULL, 0);
    result = finish_sized(result, &request, pOutputBuf, pOutputBufLen);
    context_table_release(context);
    return result;
}
