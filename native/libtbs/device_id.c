/* GetDeviceID: the digest in the name of the endorsement key. */
#include <string.h>

#include "exported.h"
#include "tbs.h"

/* SHA-512, the longest digest of a name. */
#define DEVICE_ID_MAX_BYTES 64

/* TCG EK Credential Profile for TPM 2.0: the persistent handle of the RSA endorsement key. */
static const BYTE read_public_of_endorsement_key[] = {
    0x80, 0x01,             /* TPM_ST_NO_SESSIONS */
    0x00, 0x00, 0x00, 0x0e, /* 14 bytes */
    0x00, 0x00, 0x01, 0x73, /* TPM_CC_ReadPublic */
    0x81, 0x01, 0x00, 0x01,
};

#define HEADER_BYTES 10u

static UINT32 get_u16(const BYTE *bytes)
{
    return (UINT32)bytes[0] << 8 | bytes[1];
}

/* The response has outPublic and name, each with a size; the name is an algorithm and the digest of the public area
 * (TPM 2.0 Library Part 3, TPM2_ReadPublic; Part 1, "Names"). */
static HRESULT digest_of_name(const BYTE *response, UINT32 bytes, BYTE *id, UINT32 *id_bytes)
{
    if (bytes < HEADER_BYTES)
        return (HRESULT)TBS_E_INTERNAL_ERROR;
    if (response[6] != 0 || response[7] != 0 || response[8] != 0 || response[9] != 0)
        return NTE_NOT_FOUND;
    UINT32 name = HEADER_BYTES + 2;
    if (bytes < name)
        return (HRESULT)TBS_E_INTERNAL_ERROR;
    name += get_u16(response + HEADER_BYTES);
    if (bytes < name + 4)
        return (HRESULT)TBS_E_INTERNAL_ERROR;
    UINT32 name_bytes = get_u16(response + name);
    if (name_bytes <= 2 || name_bytes - 2 > DEVICE_ID_MAX_BYTES || bytes < name + 2 + name_bytes)
        return (HRESULT)TBS_E_INTERNAL_ERROR;
    *id_bytes = name_bytes - 2;
    memcpy(id, response + name + 4, *id_bytes);
    return S_OK;
}

/* Opens a temporary context. Returns NTE_NOT_FOUND if there is no endorsement key. */
static HRESULT read_device_id(BYTE *id, UINT32 *id_bytes)
{
    TBS_CONTEXT_PARAMS2 params = {.version = TBS_CONTEXT_VERSION_TWO, .includeTpm20 = 1};
    TBS_HCONTEXT context = NULL;
    TBS_RESULT result = Tbsi_Context_Create((PCTBS_CONTEXT_PARAMS)&params, &context);
    if (result != TBS_SUCCESS)
        return (HRESULT)result;
    BYTE response[4096];
    UINT32 bytes = sizeof(response);
    result = Tbsip_Submit_Command(context, TBS_COMMAND_LOCALITY_ZERO, TBS_COMMAND_PRIORITY_NORMAL,
                                  read_public_of_endorsement_key, sizeof(read_public_of_endorsement_key), response,
                                  &bytes);
    Tbsip_Context_Close(context);
    return result == TBS_SUCCESS ? digest_of_name(response, bytes, id, id_bytes) : (HRESULT)result;
}

EXPORT HRESULT GetDeviceID(PBYTE pbWindowsAIK, UINT32 cbWindowsAIK, PUINT32 pcbResult, BOOL *pfProtectedByTPM)
{
    BYTE id[DEVICE_ID_MAX_BYTES];
    UINT32 id_bytes = 0;
    if (pcbResult == NULL)
        return E_INVALIDARG;
    HRESULT result = read_device_id(id, &id_bytes);
    if (FAILED(result))
        return result;
    if (pfProtectedByTPM != NULL)
        *pfProtectedByTPM = TRUE;
    *pcbResult = id_bytes;
    if (pbWindowsAIK == NULL)
        return S_OK;
    if (cbWindowsAIK < id_bytes)
        return NTE_BUFFER_TOO_SMALL;
    memcpy(pbWindowsAIK, id, id_bytes);
    return S_OK;
}

EXPORT HRESULT GetDeviceIDString(PWSTR pszWindowsAIK, UINT32 cchWindowsAIK, PUINT32 pcchResult, BOOL *pfProtectedByTPM)
{
    static const wchar_t digits[] = L"0123456789abcdef";
    BYTE id[DEVICE_ID_MAX_BYTES];
    UINT32 id_bytes = 0;
    if (pcchResult == NULL)
        return E_INVALIDARG;
    HRESULT result = GetDeviceID(id, sizeof(id), &id_bytes, pfProtectedByTPM);
    if (FAILED(result))
        return result;
    *pcchResult = 2 * id_bytes + 1;
    if (pszWindowsAIK == NULL)
        return S_OK;
    if (cchWindowsAIK < *pcchResult)
        return NTE_BUFFER_TOO_SMALL;
    for (UINT32 i = 0; i < id_bytes; i++) {
        pszWindowsAIK[2 * i] = digits[id[i] >> 4];
        pszWindowsAIK[2 * i + 1] = digits[id[i] & 15];
    }
    pszWindowsAIK[2 * id_bytes] = L'\0';
    return S_OK;
}
