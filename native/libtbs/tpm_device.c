/* Calls about the TPM that need no context. */
#include "exported.h"
#include "open_client.h"
#include "tbs.h"
#include "wire_client.h"

/* A connection for one request. */
static TBS_RESULT call_once(uint16_t operation, struct wire_request *request)
{
    struct wire_client *client = NULL;
    TBS_RESULT result = open_client(operation, NULL, 0, request, &client);
    if (result != TBS_SUCCESS)
        return result;
    wire_client_free(client);
    return request->result;
}

EXPORT TBS_RESULT Tbsi_GetDeviceInfo(UINT32 Size, PVOID Info)
{
    if (Info == NULL)
        return TBS_E_INVALID_OUTPUT_POINTER;
    if (Size < sizeof(TPM_DEVICE_INFO))
        return TBS_E_BAD_PARAMETER;
    uint8_t answer[16];
    struct wire_request request = {.payload = answer, .payload_capacity = sizeof(answer)};
    TBS_RESULT result = call_once(WIRE_DEVICE_INFO, &request);
    if (result != TBS_SUCCESS)
        return result;
    if (request.payload_bytes < sizeof(answer))
        return TBS_E_INTERNAL_ERROR;
    *(PTPM_DEVICE_INFO)Info = (TPM_DEVICE_INFO){.structVersion = wire_get_u32(answer),
                                                .tpmVersion = wire_get_u32(answer + 4),
                                                .tpmInterfaceType = wire_get_u32(answer + 8),
                                                .tpmImpRevision = wire_get_u32(answer + 12)};
    return TBS_SUCCESS;
}

EXPORT BOOL Tbsi_Is_Tpm_Present(void)
{
    TPM_DEVICE_INFO info;
    return Tbsi_GetDeviceInfo(sizeof(info), &info) == TBS_SUCCESS;
}

EXPORT TBS_RESULT Tbsi_Revoke_Attestation(void)
{
    struct wire_request request = {0};
    return call_once(WIRE_REVOKE_ATTESTATION, &request);
}

EXPORT TBS_RESULT Tbsi_Create_Windows_Key(TBS_HANDLE keyHandle)
{
    (void)keyHandle;
    return TBS_E_PROVISIONING_NOT_ALLOWED;
}
