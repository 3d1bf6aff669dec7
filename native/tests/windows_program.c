/*
 * An ordinary program for Windows. It must compile with only the include path changed. It prints random bytes from
 * the TPM.
 */
#include <windows.h>
#include <Tbs.h>

#include <stdio.h>

#pragma comment(lib, "Tbs.lib")

int main(void)
{
    TBS_CONTEXT_PARAMS2 contextParams;
    ZeroMemory(&contextParams, sizeof(contextParams));
    contextParams.version = TBS_CONTEXT_VERSION_TWO;
    contextParams.includeTpm12 = TRUE;
    contextParams.includeTpm20 = TRUE;

    TBS_HCONTEXT hContext = NULL;
    TBS_RESULT tbsResult = Tbsi_Context_Create((PCTBS_CONTEXT_PARAMS)&contextParams, &hContext);
    if (tbsResult != TBS_SUCCESS) {
        printf("Tbsi_Context_Create failed: 0x%08X\n", tbsResult);
        return 1;
    }

    TPM_DEVICE_INFO deviceInfo = {0};
    tbsResult = Tbsi_GetDeviceInfo(sizeof(deviceInfo), &deviceInfo);
    if (FAILED(tbsResult)) {
        printf("Tbsi_GetDeviceInfo failed: 0x%08X\n", tbsResult);
        return 1;
    }
    printf("TPM version: %u\n", deviceInfo.tpmVersion);

    BYTE command[] = {0x80, 0x01, 0x00, 0x00, 0x00, 0x0C, 0x00, 0x00, 0x01, 0x7B, 0x00, 0x08};
    BYTE response[TBS_IN_OUT_BUF_SIZE_MAX];
    UINT32 cbResponse = sizeof(response);
    tbsResult = Tbsip_Submit_Command(hContext, TBS_COMMAND_LOCALITY_ZERO, TBS_COMMAND_PRIORITY_NORMAL, command,
                                     sizeof(command), response, &cbResponse);
    switch (tbsResult) {
    case TBS_SUCCESS:
        break;
    case TPM_E_COMMAND_BLOCKED:
        printf("The command is blocked.\n");
        return 1;
    default:
        printf("Tbsip_Submit_Command failed: 0x%08X\n", tbsResult);
        return 1;
    }
    printf("random:");
    for (DWORD i = 12; i < cbResponse; i++)
        printf(" %02X", response[i]);
    printf("\n");
    Tbsip_Context_Close(hContext);
    return 0;
}
