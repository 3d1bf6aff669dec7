/*
 * TPM Base Services for Linux: the interface of Windows' Tbs.h, served by the TpmTbs broker.
 *
 * Names, types, values and results are those of Windows, so a program for Windows compiles with only its include path
 * changed. Any thread may call any function; several threads may use the same context at once. Source: Microsoft's
 * documentation of Tbs.h. Manual page: tbs(3).
 */
#ifndef TPMTBS_TBS_H
#define TPMTBS_TBS_H

#include "tbs_results.h"
#include "windows.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef BOOL TBS_BOOL;
typedef UINT32 TBS_RESULT;
typedef PVOID TBS_HCONTEXT, *PTBS_HCONTEXT;
typedef UINT32 TBS_COMMAND_PRIORITY;
typedef UINT32 TBS_COMMAND_LOCALITY;
typedef UINT32 TBS_OWNERAUTH_TYPE;
typedef UINT32 TBS_HANDLE;

/* The longest command, response or log of Windows. The limit of the TPM is lower: TPM_PT_MAX_COMMAND_SIZE. */
#define TBS_IN_OUT_BUF_SIZE_MAX (256 * 1024)

#define TBS_COMMAND_LOCALITY_ZERO 0u
#define TBS_COMMAND_LOCALITY_ONE 1u
#define TBS_COMMAND_LOCALITY_TWO 2u
#define TBS_COMMAND_LOCALITY_THREE 3u
#define TBS_COMMAND_LOCALITY_FOUR 4u

#define TBS_COMMAND_PRIORITY_LOW 100u
#define TBS_COMMAND_PRIORITY_NORMAL 200u
#define TBS_COMMAND_PRIORITY_HIGH 300u
#define TBS_COMMAND_PRIORITY_SYSTEM 400u
#define TBS_COMMAND_PRIORITY_MAX 0x80000000u

#define TBS_CONTEXT_VERSION_ONE 1u
#define TBS_CONTEXT_VERSION_TWO 2u

/* version TBS_CONTEXT_VERSION_ONE: the program supports only TPM 1.2. */
typedef struct tdTBS_CONTEXT_PARAMS {
    UINT32 version;
} TBS_CONTEXT_PARAMS, *PTBS_CONTEXT_PARAMS;
typedef const TBS_CONTEXT_PARAMS *PCTBS_CONTEXT_PARAMS;

/*
 * version TBS_CONTEXT_VERSION_TWO: includeTpm12 and includeTpm20 say which TPM versions the program supports.
 * requestRaw has no effect, because every context has its own handles.
 */
typedef struct tdTBS_CONTEXT_PARAMS2 {
    UINT32 version;
    __extension__ union {
        __extension__ struct {
            UINT32 requestRaw : 1;
            UINT32 includeTpm12 : 1;
            UINT32 includeTpm20 : 1;
        };
        UINT32 asUINT32;
    };
} TBS_CONTEXT_PARAMS2, *PTBS_CONTEXT_PARAMS2;
typedef const TBS_CONTEXT_PARAMS2 *PCTBS_CONTEXT_PARAMS2;

/* Windows publishes these after provisioning. On Linux they are never published. */
typedef struct tdTPM_WNF_PROVISIONING {
    UINT32 status;
    BYTE message[28];
} TPM_WNF_PROVISIONING;

#define TPM_WNF_INFO_CLEAR_SUCCESSFUL 0x00000001
#define TPM_WNF_INFO_OWNERSHIP_SUCCESSFUL 0x00000002
#define TPM_WNF_INFO_NO_REBOOT_REQUIRED 1

#define TPM_VERSION_UNKNOWN 0u
#define TPM_VERSION_12 1u
#define TPM_VERSION_20 2u

#define TPM_IFTYPE_UNKNOWN 0u
#define TPM_IFTYPE_1 1u
#define TPM_IFTYPE_TRUSTZONE 2u
#define TPM_IFTYPE_HW 3u
#define TPM_IFTYPE_EMULATOR 4u
#define TPM_IFTYPE_SPB 5u

typedef struct _TPM_DEVICE_INFO {
    UINT32 structVersion; /* 1 */
    UINT32 tpmVersion;
    UINT32 tpmInterfaceType;
    UINT32 tpmImpRevision;
} TPM_DEVICE_INFO, *PTPM_DEVICE_INFO;
typedef const TPM_DEVICE_INFO *PCTPM_DEVICE_INFO;

#define TBS_OWNERAUTH_TYPE_FULL 1u
#define TBS_OWNERAUTH_TYPE_ADMIN 2u
#define TBS_OWNERAUTH_TYPE_USER 3u
#define TBS_OWNERAUTH_TYPE_ENDORSEMENT 4u
#define TBS_OWNERAUTH_TYPE_ENDORSEMENT_20 12u
#define TBS_OWNERAUTH_TYPE_STORAGE_20 13u

#define TBS_TCGLOG_SRTM_CURRENT 0u
#define TBS_TCGLOG_DRTM_CURRENT 1u
#define TBS_TCGLOG_SRTM_BOOT 2u
#define TBS_TCGLOG_SRTM_RESUME 3u
#define TBS_TCGLOG_DRTM_BOOT 4u
#define TBS_TCGLOG_DRTM_RESUME 5u

/* Opens a context: a view of the TPM with its own handles. */
TBS_RESULT WINAPI Tbsi_Context_Create(PCTBS_CONTEXT_PARAMS pContextParams, PTBS_HCONTEXT phContext);

/* Closes a context: cancels queued commands of other threads, and flushes what the context held. */
TBS_RESULT WINAPI Tbsip_Context_Close(TBS_HCONTEXT hContext);

/*
 * Sends one command and waits for its response. pabResult may be the same buffer as pabCommand. If the TPM reports an
 * error, the result is TBS_SUCCESS and the error is in the response. If the buffer is too small, *pcbResult is the
 * size of the response.
 */
TBS_RESULT WINAPI Tbsip_Submit_Command(TBS_HCONTEXT hContext, TBS_COMMAND_LOCALITY Locality,
                                       TBS_COMMAND_PRIORITY Priority, PCBYTE pabCommand, UINT32 cbCommand,
                                       PBYTE pabResult, PUINT32 pcbResult);

/* Cancels every command of the context that is in progress, whichever thread submitted it. */
TBS_RESULT WINAPI Tbsip_Cancel_Commands(TBS_HCONTEXT hContext);

/* Calls the ACPI physical presence interface, with input and output as the platform defines them. */
TBS_RESULT WINAPI Tbsi_Physical_Presence_Command(TBS_HCONTEXT hContext, PCBYTE pabInput, UINT32 cbInput,
                                                 PBYTE pabOutput, PUINT32 pcbOutput);

/* Returns the measured-boot log; with a NULL buffer, only its size. */
TBS_RESULT WINAPI Tbsi_Get_TCG_Log(TBS_HCONTEXT hContext, PBYTE pOutputBuf, PUINT32 pOutputBufLen);
TBS_RESULT WINAPI Tbsi_Get_TCG_Log_Ex(UINT32 logType, PBYTE pbOutput, PUINT32 pcbOutput);

/* Returns information about the TPM. Info is a TPM_DEVICE_INFO of Size bytes. */
TBS_RESULT WINAPI Tbsi_GetDeviceInfo(UINT32 Size, PVOID Info);

/* Returns an owner authorization that this machine stores; with a NULL buffer, only its size. */
TBS_RESULT WINAPI Tbsi_Get_OwnerAuth(TBS_HCONTEXT hContext, TBS_OWNERAUTH_TYPE ownerauthType, PBYTE pOutputBuf,
                                     PUINT32 pOutputBufLen);

/* Extends the PCRs that attest the boot, so that they attest nothing until the next boot. */
TBS_RESULT WINAPI Tbsi_Revoke_Attestation(void);

BOOL WINAPI Tbsi_Is_Tpm_Present(void);

/*
 * Returns an identifier of this TPM: the digest in the name of its endorsement key (persistent handle 0x81010001).
 * NTE_NOT_FOUND if there is none. The string form is lower-case hexadecimal; its size includes the terminating zero.
 */
HRESULT WINAPI GetDeviceID(PBYTE pbWindowsAIK, UINT32 cbWindowsAIK, PUINT32 pcbResult, BOOL *pfProtectedByTPM);
HRESULT WINAPI GetDeviceIDString(PWSTR pszWindowsAIK, UINT32 cchWindowsAIK, PUINT32 pcchResult,
                                 BOOL *pfProtectedByTPM);

/* Windows' key does not exist on this system, so this always returns TBS_E_PROVISIONING_NOT_ALLOWED. */
TBS_RESULT WINAPI Tbsi_Create_Windows_Key(TBS_HANDLE keyHandle);

#ifdef __cplusplus
}
#endif

#endif
