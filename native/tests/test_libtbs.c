/* Tests libtbs with the fake broker: every function, its errors, and a broker that ends. */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wchar.h>

#include "Tbs.h"
#include "expect.h"
#include "fake_broker.h"

static TBS_HCONTEXT open_context(void)
{
    TBS_CONTEXT_PARAMS2 params = {.version = TBS_CONTEXT_VERSION_TWO, .includeTpm20 = 1};
    TBS_HCONTEXT context = NULL;
    EXPECT_CODE(Tbsi_Context_Create((PCTBS_CONTEXT_PARAMS)&params, &context), TBS_SUCCESS);
    EXPECT(context != NULL);
    return context;
}

static void make_command(BYTE *command, UINT32 bytes, UINT32 code)
{
    memset(command, 0x5a, bytes);
    const BYTE header[10] = {0x80, 0x01, 0, 0, (BYTE)(bytes >> 8), (BYTE)bytes, 0, 0, (BYTE)(code >> 8), (BYTE)code};
    memcpy(command, header, sizeof(header));
}

static TBS_RESULT submit(TBS_HCONTEXT context, UINT32 code, BYTE *result, UINT32 *result_bytes)
{
    BYTE command[20];
    make_command(command, sizeof(command), code);
    return Tbsip_Submit_Command(context, TBS_COMMAND_LOCALITY_ZERO, TBS_COMMAND_PRIORITY_NORMAL, command,
                                sizeof(command), result, result_bytes);
}

static void opens_for_the_versions_that_the_program_speaks(void)
{
    TBS_HCONTEXT context = (TBS_HCONTEXT)1;
    TBS_CONTEXT_PARAMS params = {.version = TBS_CONTEXT_VERSION_ONE};
    EXPECT_CODE(Tbsi_Context_Create(&params, &context), TBS_E_TPM_NOT_FOUND);
    EXPECT(context == NULL);
    TBS_CONTEXT_PARAMS2 both = {.version = TBS_CONTEXT_VERSION_TWO, .includeTpm12 = 1, .includeTpm20 = 1};
    EXPECT_CODE(Tbsi_Context_Create((PCTBS_CONTEXT_PARAMS)&both, &context), TBS_SUCCESS);
    EXPECT_CODE(Tbsip_Context_Close(context), TBS_SUCCESS);
    /* Some programs set it, or never clear the structure. */
    TBS_CONTEXT_PARAMS2 raw = {.version = TBS_CONTEXT_VERSION_TWO, .asUINT32 = 0xffffffff};
    EXPECT_CODE(Tbsi_Context_Create((PCTBS_CONTEXT_PARAMS)&raw, &context), TBS_SUCCESS);
    EXPECT_CODE(Tbsip_Context_Close(context), TBS_SUCCESS);
}

static void refuses_parameters_that_make_no_sense(void)
{
    TBS_HCONTEXT context = NULL;
    TBS_CONTEXT_PARAMS unknown = {.version = 3};
    TBS_CONTEXT_PARAMS2 none = {.version = TBS_CONTEXT_VERSION_TWO};
    TBS_CONTEXT_PARAMS2 only_raw = {.version = TBS_CONTEXT_VERSION_TWO, .requestRaw = 1};
    EXPECT_CODE(Tbsi_Context_Create((PCTBS_CONTEXT_PARAMS)&only_raw, &context), TBS_E_INVALID_CONTEXT_PARAM);
    EXPECT_CODE(Tbsi_Context_Create(&unknown, &context), TBS_E_INVALID_CONTEXT_PARAM);
    EXPECT_CODE(Tbsi_Context_Create((PCTBS_CONTEXT_PARAMS)&none, &context), TBS_E_INVALID_CONTEXT_PARAM);
    EXPECT_CODE(Tbsi_Context_Create(NULL, &context), TBS_E_BAD_PARAMETER);
    EXPECT_CODE(Tbsi_Context_Create(&unknown, NULL), TBS_E_INVALID_OUTPUT_POINTER);

    BYTE bytes[16] = {0};
    UINT32 length = sizeof(bytes);
    context = open_context();
    EXPECT_CODE(Tbsip_Submit_Command(context, 5, 200, bytes, 16, bytes, &length), TBS_E_BAD_PARAMETER);
    EXPECT_CODE(Tbsip_Submit_Command(context, 0, 200, NULL, 16, bytes, &length), TBS_E_BAD_PARAMETER);
    EXPECT_CODE(Tbsip_Submit_Command(context, 0, 200, bytes, 0, bytes, &length), TBS_E_BAD_PARAMETER);
    EXPECT_CODE(Tbsip_Submit_Command(context, 0, 200, bytes, 16, NULL, &length), TBS_E_INVALID_OUTPUT_POINTER);
    EXPECT_CODE(Tbsip_Submit_Command(context, 0, 200, bytes, 16, bytes, NULL), TBS_E_INVALID_OUTPUT_POINTER);
    EXPECT_CODE(Tbsip_Context_Close(context), TBS_SUCCESS);
}

static void knows_a_handle_that_was_closed_or_never_opened(void)
{
    BYTE bytes[64];
    UINT32 length = sizeof(bytes);
    TBS_HCONTEXT context = open_context();
    EXPECT(fake_broker_contexts() == 1);
    EXPECT_CODE(Tbsip_Context_Close(context), TBS_SUCCESS);
    EXPECT(fake_broker_contexts() == 0);
    TBS_HCONTEXT reused = open_context();
    EXPECT(reused != context);
    TBS_HCONTEXT none[] = {context, NULL, (TBS_HCONTEXT)1, (TBS_HCONTEXT)(uintptr_t)-1, (TBS_HCONTEXT)bytes};
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        EXPECT_CODE(submit(none[i], FAKE_ECHO, bytes, &length), TBS_E_INVALID_CONTEXT);
        EXPECT_CODE(Tbsip_Cancel_Commands(none[i]), TBS_E_INVALID_CONTEXT);
        EXPECT_CODE(Tbsip_Context_Close(none[i]), TBS_E_INVALID_CONTEXT);
        EXPECT_CODE(Tbsi_Get_TCG_Log(none[i], NULL, &length), TBS_E_INVALID_CONTEXT);
        EXPECT_CODE(Tbsi_Get_OwnerAuth(none[i], 13, NULL, &length), TBS_E_INVALID_CONTEXT);
    }
    EXPECT_CODE(Tbsip_Context_Close(reused), TBS_SUCCESS);
}

static void carries_a_command_and_its_response(void)
{
    BYTE command[100];
    BYTE result[100];
    UINT32 length = sizeof(result);
    TBS_HCONTEXT context = open_context();
    make_command(command, sizeof(command), FAKE_ECHO);
    EXPECT_CODE(Tbsip_Submit_Command(context, 2, TBS_COMMAND_PRIORITY_HIGH, command, sizeof(command), result, &length),
                TBS_SUCCESS);
    EXPECT(length == sizeof(command) && memcmp(command, result, length) == 0);
    EXPECT(fake_broker_last_priority() == 300 && fake_broker_last_locality() == 2);
    /* Windows allows both to be the same buffer. */
    EXPECT_CODE(Tbsip_Submit_Command(context, 0, 100, command, sizeof(command), command, &length), TBS_SUCCESS);
    EXPECT(memcmp(command, result, length) == 0);
    length = sizeof(result);
    EXPECT_CODE(submit(context, FAKE_IN_PIECES, result, &length), TBS_SUCCESS);
    EXPECT(length == 20);
    Tbsip_Context_Close(context);
}

static void says_how_much_room_a_response_needs(void)
{
    BYTE result[FAKE_LARGE_BYTES];
    UINT32 length = 100;
    TBS_HCONTEXT context = open_context();
    EXPECT_CODE(submit(context, FAKE_LARGE, result, &length), TBS_E_INSUFFICIENT_BUFFER);
    EXPECT(length == FAKE_LARGE_BYTES);
    EXPECT_CODE(submit(context, FAKE_LARGE, result, &length), TBS_SUCCESS);
    Tbsip_Context_Close(context);
}

static void gives_the_brokers_refusals_as_results(void)
{
    static BYTE command[FAKE_MAX_COMMAND_BYTES + 1];
    BYTE result[64];
    UINT32 length = sizeof(result);
    TBS_HCONTEXT context = open_context();
    EXPECT_CODE(submit(context, FAKE_BLOCKED, result, &length), TPM_E_COMMAND_BLOCKED);
    EXPECT_CODE(submit(context, FAKE_NO_CONTEXT, result, &length), TBS_E_INVALID_CONTEXT);
    EXPECT_CODE(submit(context, FAKE_SHORT, result, &length), TBS_E_INTERNAL_ERROR);
    make_command(command, sizeof(command), FAKE_ECHO);
    EXPECT_CODE(Tbsip_Submit_Command(context, 0, 200, command, sizeof(command), result, &length),
                TBS_E_BUFFER_TOO_LARGE);
    Tbsip_Context_Close(context);
    fake_broker_refuse_connections(TBS_E_TOO_MANY_TBS_CONTEXTS);
    TBS_CONTEXT_PARAMS2 params = {.version = 2, .includeTpm20 = 1};
    EXPECT_CODE(Tbsi_Context_Create((PCTBS_CONTEXT_PARAMS)&params, &context), TBS_E_TOO_MANY_TBS_CONTEXTS);
    fake_broker_refuse_connections(TBS_SUCCESS);
}

static void reads_the_log_in_parts(void)
{
    static BYTE log_bytes[FAKE_LOG_BYTES];
    UINT32 length = 0;
    TBS_HCONTEXT context = open_context();
    EXPECT_CODE(Tbsi_Get_TCG_Log(context, NULL, &length), TBS_SUCCESS);
    EXPECT(length == FAKE_LOG_BYTES);
    length = 1000;
    EXPECT_CODE(Tbsi_Get_TCG_Log(context, log_bytes, &length), TBS_E_INSUFFICIENT_BUFFER);
    EXPECT(length == FAKE_LOG_BYTES);
    EXPECT_CODE(Tbsi_Get_TCG_Log(context, log_bytes, &length), TBS_SUCCESS);
    for (UINT32 i = 0; i < FAKE_LOG_BYTES; i++)
        EXPECT(log_bytes[i] == (BYTE)(i * 7 + i / 256));
    memset(log_bytes, 0, sizeof(log_bytes));
    EXPECT_CODE(Tbsi_Get_TCG_Log_Ex(TBS_TCGLOG_SRTM_CURRENT, log_bytes, &length), TBS_SUCCESS);
    EXPECT(log_bytes[FAKE_LOG_BYTES - 1] == (BYTE)((FAKE_LOG_BYTES - 1) * 7 + (FAKE_LOG_BYTES - 1) / 256));
    EXPECT_CODE(Tbsi_Get_TCG_Log_Ex(TBS_TCGLOG_DRTM_CURRENT, log_bytes, &length), TBS_E_NO_EVENT_LOG);
    EXPECT_CODE(Tbsi_Get_TCG_Log_Ex(6, log_bytes, &length), TBS_E_BAD_PARAMETER);
    Tbsip_Context_Close(context);
}

static void serves_the_smaller_calls(void)
{
    TPM_DEVICE_INFO info = {0};
    EXPECT_CODE(Tbsi_GetDeviceInfo(sizeof(info), &info), TBS_SUCCESS);
    EXPECT(info.structVersion == 1 && info.tpmVersion == TPM_VERSION_20 && info.tpmInterfaceType == TPM_IFTYPE_HW &&
           info.tpmImpRevision == 9);
    EXPECT_CODE(Tbsi_GetDeviceInfo(4, &info), TBS_E_BAD_PARAMETER);
    EXPECT_CODE(Tbsi_GetDeviceInfo(sizeof(info), NULL), TBS_E_INVALID_OUTPUT_POINTER);
    EXPECT(Tbsi_Is_Tpm_Present() == TRUE);
    EXPECT_CODE(Tbsi_Revoke_Attestation(), TBS_E_ACCESS_DENIED);
    EXPECT_CODE(Tbsi_Create_Windows_Key(0x81000001), TBS_E_PROVISIONING_NOT_ALLOWED);

    BYTE bytes[32];
    UINT32 length = 0;
    TBS_HCONTEXT context = open_context();
    EXPECT_CODE(Tbsi_Get_OwnerAuth(context, TBS_OWNERAUTH_TYPE_STORAGE_20, NULL, &length), TBS_SUCCESS);
    EXPECT(length == 20);
    length = 19;
    EXPECT_CODE(Tbsi_Get_OwnerAuth(context, TBS_OWNERAUTH_TYPE_STORAGE_20, bytes, &length), TBS_E_INSUFFICIENT_BUFFER);
    length = sizeof(bytes);
    EXPECT_CODE(Tbsi_Get_OwnerAuth(context, TBS_OWNERAUTH_TYPE_STORAGE_20, bytes, &length), TBS_SUCCESS);
    EXPECT(length == 20 && bytes[19] == 20);
    EXPECT_CODE(Tbsi_Get_OwnerAuth(context, TBS_OWNERAUTH_TYPE_FULL, bytes, &length), TBS_E_OWNERAUTH_NOT_FOUND);
    length = sizeof(bytes);
    EXPECT_CODE(Tbsi_Physical_Presence_Command(context, (PCBYTE) "\1\2\3", 3, bytes, &length), TBS_SUCCESS);
    EXPECT(length == 3 && bytes[2] == 3);
    Tbsip_Context_Close(context);
}

/*
 * The fake broker echoes the command, so the "name" is read from the command's own bytes, which are too short for
 * one.
 */
static void does_not_trust_what_a_device_id_is_read_from(void)
{
    BYTE id[64];
    UINT32 length = 0;
    wchar_t text[129];
    EXPECT(FAILED(GetDeviceID(id, sizeof(id), &length, NULL)));
    EXPECT(FAILED(GetDeviceIDString(text, 129, &length, NULL)));
    EXPECT_CODE(GetDeviceID(id, sizeof(id), NULL, NULL), E_INVALIDARG);
}

static void reports_a_broker_that_is_gone_and_works_again_with_a_new_context(void)
{
    BYTE result[64];
    UINT32 length = sizeof(result);
    TBS_HCONTEXT hung_up = open_context();
    EXPECT_CODE(submit(hung_up, FAKE_HANG_UP, result, &length), TBS_E_SERVICE_NOT_RUNNING);
    EXPECT_CODE(submit(hung_up, FAKE_ECHO, result, &length), TBS_E_SERVICE_NOT_RUNNING);
    TBS_HCONTEXT confused = open_context();
    EXPECT_CODE(submit(confused, FAKE_GARBAGE, result, &length), TBS_E_SERVICE_NOT_RUNNING);
    TBS_HCONTEXT stopped = open_context();
    fake_broker_stop();
    EXPECT_CODE(submit(stopped, FAKE_ECHO, result, &length), TBS_E_SERVICE_NOT_RUNNING);
    EXPECT(Tbsi_Is_Tpm_Present() == FALSE);
    TBS_CONTEXT_PARAMS2 params = {.version = 2, .includeTpm20 = 1};
    TBS_HCONTEXT context = NULL;
    EXPECT_CODE(Tbsi_Context_Create((PCTBS_CONTEXT_PARAMS)&params, &context), TBS_E_SERVICE_NOT_RUNNING);
    EXPECT_CODE(Tbsip_Context_Close(hung_up), TBS_SUCCESS);
    EXPECT_CODE(Tbsip_Context_Close(confused), TBS_SUCCESS);
    EXPECT_CODE(Tbsip_Context_Close(stopped), TBS_SUCCESS);
    fake_broker_start();
    context = open_context();
    length = sizeof(result);
    EXPECT_CODE(submit(context, FAKE_ECHO, result, &length), TBS_SUCCESS);
    EXPECT_CODE(Tbsip_Context_Close(context), TBS_SUCCESS);
}

static void ignore_signal(int number)
{
    (void)number;
}

static void *interrupt_often(void *argument)
{
    pthread_t waiting = *(pthread_t *)argument;
    for (int i = 0; i < 20; i++) {
        pthread_kill(waiting, SIGUSR1);
        usleep(2000);
    }
    return NULL;
}

static void waits_on_when_a_signal_comes(void)
{
    struct sigaction action = {.sa_handler = ignore_signal}; /* without SA_RESTART */
    sigaction(SIGUSR1, &action, NULL);
    TBS_HCONTEXT context = open_context();
    pthread_t self = pthread_self();
    pthread_t interrupter;
    EXPECT(pthread_create(&interrupter, NULL, interrupt_often, &self) == 0);
    BYTE result[64];
    UINT32 length = sizeof(result);
    EXPECT_CODE(submit(context, FAKE_SLOW, result, &length), TBS_SUCCESS);
    pthread_join(interrupter, NULL);
    EXPECT_CODE(Tbsip_Context_Close(context), TBS_SUCCESS);
}

static void trusts_no_folder_that_others_can_write_to(void)
{
    char directory[128];
    snprintf(directory, sizeof(directory), "%s", fake_broker_path());
    *strrchr(directory, '/') = '\0';
    TBS_CONTEXT_PARAMS2 params = {.version = 2, .includeTpm20 = 1};
    TBS_HCONTEXT context = NULL;
    EXPECT(chmod(directory, 0777) == 0);
    EXPECT_CODE(Tbsi_Context_Create((PCTBS_CONTEXT_PARAMS)&params, &context), TBS_E_ACCESS_DENIED);
    EXPECT(chmod(directory, 01777) == 0);
    EXPECT_CODE(Tbsi_Context_Create((PCTBS_CONTEXT_PARAMS)&params, &context), TBS_SUCCESS);
    Tbsip_Context_Close(context);
    EXPECT(chmod(directory, 0755) == 0);
    if (getuid() == 0) {
        EXPECT(chown(directory, 12345, 12345) == 0);
        EXPECT_CODE(Tbsi_Context_Create((PCTBS_CONTEXT_PARAMS)&params, &context), TBS_E_ACCESS_DENIED);
        EXPECT(chown(directory, 0, 0) == 0);
    }
}

static void refuses_a_socket_path_that_is_too_long(void)
{
    char longer[200];
    memset(longer, 'x', sizeof(longer));
    longer[0] = '/';
    longer[sizeof(longer) - 1] = '\0';
    setenv("TPMTBS_WIRE_SOCKET", longer, 1);
    TBS_CONTEXT_PARAMS2 params = {.version = 2, .includeTpm20 = 1};
    TBS_HCONTEXT context = NULL;
    EXPECT_CODE(Tbsi_Context_Create((PCTBS_CONTEXT_PARAMS)&params, &context), TBS_E_BAD_PARAMETER);
    setenv("TPMTBS_WIRE_SOCKET", fake_broker_path(), 1);
}

int main(void)
{
    alarm(300);
    fake_broker_start();
    RUN(opens_for_the_versions_that_the_program_speaks);
    RUN(refuses_parameters_that_make_no_sense);
    RUN(knows_a_handle_that_was_closed_or_never_opened);
    RUN(carries_a_command_and_its_response);
    RUN(says_how_much_room_a_response_needs);
    RUN(gives_the_brokers_refusals_as_results);
    RUN(reads_the_log_in_parts);
    RUN(serves_the_smaller_calls);
    RUN(does_not_trust_what_a_device_id_is_read_from);
    RUN(reports_a_broker_that_is_gone_and_works_again_with_a_new_context);
    RUN(waits_on_when_a_signal_comes);
    RUN(trusts_no_folder_that_others_can_write_to);
    RUN(refuses_a_socket_path_that_is_too_long);
    fake_broker_stop();
    return 0;
}
