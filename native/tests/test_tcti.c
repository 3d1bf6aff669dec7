/* Tests the TCTI with the fake broker: the order of calls, time-outs, cancel, and the configuration string. */
#define _GNU_SOURCE
#include "tss2_tcti_tbs.h"

#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "expect.h"
#include "fake_broker.h"
#include "open_tcti.h"
#include "tcti_conf.h"

extern const TSS2_TCTI_INFO *Tss2_Tcti_Info(void);

static void says_what_it_is(void)
{
    const TSS2_TCTI_INFO *info = Tss2_Tcti_Info();
    EXPECT(info->version == 2 && strcmp(info->name, "tcti-tbs") == 0);
    EXPECT(info->description != NULL && info->config_help != NULL && info->init == Tss2_Tcti_Tbs_Init);
    TSS2_TCTI_CONTEXT *tcti = open_tcti(NULL);
    EXPECT(TSS2_TCTI_VERSION(tcti) == 2);
    close_tcti(tcti);
}

static void carries_a_command(void)
{
    uint8_t response[64];
    size_t size = sizeof(response);
    TSS2_TCTI_CONTEXT *tcti = open_tcti("priority=high,locality=3");
    EXPECT_CODE(transmit(tcti, FAKE_ECHO), TSS2_RC_SUCCESS);
    EXPECT_CODE(Tss2_Tcti_Receive(tcti, &size, response, TSS2_TCTI_TIMEOUT_BLOCK), TSS2_RC_SUCCESS);
    EXPECT(size == 20 && response[9] == 0x7b);
    EXPECT(fake_broker_last_priority() == 300 && fake_broker_last_locality() == 3);
    EXPECT_CODE(Tss2_Tcti_SetLocality(tcti, 1), TSS2_RC_SUCCESS);
    EXPECT_CODE(Tss2_Tcti_SetLocality(tcti, 4), TSS2_TCTI_RC_NOT_IMPLEMENTED);
    EXPECT_CODE(Tss2_Tcti_SetLocality(tcti, 5), TSS2_TCTI_RC_BAD_VALUE);
    EXPECT_CODE(transmit(tcti, FAKE_ECHO), TSS2_RC_SUCCESS);
    size = sizeof(response);
    EXPECT_CODE(Tss2_Tcti_Receive(tcti, &size, response, TSS2_TCTI_TIMEOUT_BLOCK), TSS2_RC_SUCCESS);
    EXPECT(fake_broker_last_locality() == 1);
    close_tcti(tcti);
}

static void tells_the_size_before_it_gives_the_response(void)
{
    uint8_t response[FAKE_LARGE_BYTES];
    size_t size = 0;
    TSS2_TCTI_CONTEXT *tcti = open_tcti(NULL);
    EXPECT_CODE(transmit(tcti, FAKE_LARGE), TSS2_RC_SUCCESS);
    EXPECT_CODE(Tss2_Tcti_Receive(tcti, &size, NULL, TSS2_TCTI_TIMEOUT_BLOCK), TSS2_RC_SUCCESS);
    EXPECT(size == FAKE_LARGE_BYTES);
    size = 10;
    EXPECT_CODE(Tss2_Tcti_Receive(tcti, &size, response, TSS2_TCTI_TIMEOUT_BLOCK), TSS2_TCTI_RC_INSUFFICIENT_BUFFER);
    EXPECT(size == FAKE_LARGE_BYTES);
    EXPECT_CODE(Tss2_Tcti_Receive(tcti, &size, response, TSS2_TCTI_TIMEOUT_NONE), TSS2_RC_SUCCESS);
    EXPECT(response[0] == 0x80 && response[4] == 0x10);
    EXPECT_CODE(Tss2_Tcti_Receive(tcti, &size, response, 0), TSS2_TCTI_RC_BAD_SEQUENCE);
    close_tcti(tcti);
}

static void waits_no_longer_than_it_is_told(void)
{
    uint8_t response[64];
    size_t size = sizeof(response);
    TSS2_TCTI_CONTEXT *tcti = open_tcti(NULL);
    EXPECT_CODE(transmit(tcti, FAKE_SLOW), TSS2_RC_SUCCESS);
    EXPECT_CODE(Tss2_Tcti_Receive(tcti, &size, response, TSS2_TCTI_TIMEOUT_NONE), TSS2_TCTI_RC_TRY_AGAIN);
    EXPECT_CODE(Tss2_Tcti_Receive(tcti, &size, response, 20), TSS2_TCTI_RC_TRY_AGAIN);
    EXPECT_CODE(Tss2_Tcti_Receive(tcti, &size, response, -2), TSS2_TCTI_RC_BAD_VALUE);
    EXPECT_CODE(Tss2_Tcti_Receive(tcti, &size, response, 5000), TSS2_RC_SUCCESS);
    EXPECT(size == 20);
    close_tcti(tcti);
}

static void can_be_polled(void)
{
    uint8_t response[64];
    size_t size = sizeof(response);
    size_t count = 0;
    TSS2_TCTI_POLL_HANDLE handle;
    TSS2_TCTI_CONTEXT *tcti = open_tcti(NULL);
    EXPECT_CODE(Tss2_Tcti_GetPollHandles(tcti, NULL, &count), TSS2_RC_SUCCESS);
    EXPECT(count == 1);
    count = 0;
    EXPECT_CODE(Tss2_Tcti_GetPollHandles(tcti, &handle, &count), TSS2_TCTI_RC_INSUFFICIENT_BUFFER);
    count = 1;
    EXPECT_CODE(Tss2_Tcti_GetPollHandles(tcti, &handle, &count), TSS2_RC_SUCCESS);
    EXPECT_CODE(transmit(tcti, FAKE_SLOW), TSS2_RC_SUCCESS);
    EXPECT(poll(&handle, 1, 10) == 0);
    EXPECT(poll(&handle, 1, 5000) == 1);
    EXPECT_CODE(Tss2_Tcti_Receive(tcti, &size, response, TSS2_TCTI_TIMEOUT_NONE), TSS2_RC_SUCCESS);
    close_tcti(tcti);
}

static void gets_a_response_for_a_cancelled_command(void)
{
    static const uint8_t cancelled[] = {0x80, 0x01, 0, 0, 0, 10, 0x00, 0x0c, 0x09, 0x09};
    uint8_t response[64];
    size_t size = sizeof(response);
    TSS2_TCTI_CONTEXT *tcti = open_tcti(NULL);
    EXPECT_CODE(Tss2_Tcti_Cancel(tcti), TSS2_TCTI_RC_BAD_SEQUENCE);
    EXPECT_CODE(transmit(tcti, FAKE_HOLD), TSS2_RC_SUCCESS);
    EXPECT_CODE(Tss2_Tcti_Receive(tcti, &size, response, 10), TSS2_TCTI_RC_TRY_AGAIN);
    EXPECT_CODE(Tss2_Tcti_Cancel(tcti), TSS2_RC_SUCCESS);
    EXPECT_CODE(Tss2_Tcti_Receive(tcti, &size, response, TSS2_TCTI_TIMEOUT_BLOCK), TSS2_RC_SUCCESS);
    EXPECT(size == sizeof(cancelled) && memcmp(response, cancelled, size) == 0);
    close_tcti(tcti);
}

static void can_be_polled_after_a_cancel(void)
{
    uint8_t response[64];
    size_t size = sizeof(response);
    size_t count = 1;
    TSS2_TCTI_POLL_HANDLE handle;
    TSS2_TCTI_CONTEXT *tcti = open_tcti(NULL);
    EXPECT_CODE(Tss2_Tcti_GetPollHandles(tcti, &handle, &count), TSS2_RC_SUCCESS);
    for (int round = 0; round < 20; round++) {
        EXPECT_CODE(transmit(tcti, FAKE_HOLD), TSS2_RC_SUCCESS);
        EXPECT_CODE(Tss2_Tcti_Cancel(tcti), TSS2_RC_SUCCESS);
        TSS2_RC rc = TSS2_TCTI_RC_TRY_AGAIN;
        while (rc == TSS2_TCTI_RC_TRY_AGAIN) {
            EXPECT(poll(&handle, 1, 5000) == 1);
            size = sizeof(response);
            rc = Tss2_Tcti_Receive(tcti, &size, response, TSS2_TCTI_TIMEOUT_NONE);
        }
        EXPECT_CODE(rc, TSS2_RC_SUCCESS);
        EXPECT(size == 10 && response[8] == 0x09);
        size = sizeof(response);
        EXPECT_CODE(transmit(tcti, FAKE_ECHO), TSS2_RC_SUCCESS);
        EXPECT_CODE(Tss2_Tcti_Receive(tcti, &size, response, TSS2_TCTI_TIMEOUT_BLOCK), TSS2_RC_SUCCESS);
        EXPECT(size == 20);
    }
    close_tcti(tcti);
}

static void gets_a_refusal_as_the_response_that_stands_for_it(void)
{
    uint8_t response[64];
    size_t size = sizeof(response);
    TSS2_TCTI_CONTEXT *tcti = open_tcti(NULL);
    EXPECT_CODE(transmit(tcti, FAKE_BLOCKED), TSS2_RC_SUCCESS);
    EXPECT_CODE(Tss2_Tcti_Receive(tcti, &size, response, TSS2_TCTI_TIMEOUT_BLOCK), TSS2_RC_SUCCESS);
    EXPECT(size == 10 && response[7] == 0x0c && response[8] == 0x01 && response[9] == 0x43);
    close_tcti(tcti);
}

#define MOST_LOGGED 8192

/* Sends FAKE_BLOCKED so many times with this reason; gives what the TCTI logged. */
static const char *logged_about_refusals(const char *level, const char *reason, int times)
{
    static char logged[MOST_LOGGED];
    char file_name[] = "/tmp/test-tcti-log-XXXXXX";
    int file = mkstemp(file_name);
    EXPECT(file >= 0);
    setenv("TSS2_LOGFILE", file_name, 1);
    setenv("TSS2_LOG", level, 1);
    fake_broker_set_reason(reason);
    TSS2_TCTI_CONTEXT *tcti = open_tcti(NULL);
    for (int i = 0; i < times; i++) {
        uint8_t response[64];
        size_t size = sizeof(response);
        EXPECT_CODE(transmit(tcti, FAKE_BLOCKED), TSS2_RC_SUCCESS);
        EXPECT_CODE(Tss2_Tcti_Receive(tcti, &size, NULL, TSS2_TCTI_TIMEOUT_BLOCK), TSS2_RC_SUCCESS);
        EXPECT(size == 10);
        EXPECT_CODE(Tss2_Tcti_Receive(tcti, &size, response, TSS2_TCTI_TIMEOUT_BLOCK), TSS2_RC_SUCCESS);
        EXPECT(size == 10 && response[7] == 0x0c && response[8] == 0x01 && response[9] == 0x43);
    }
    close_tcti(tcti);
    fake_broker_set_reason("");
    unsetenv("TSS2_LOG");
    unsetenv("TSS2_LOGFILE");
    ssize_t count = read(file, logged, sizeof(logged) - 1);
    EXPECT(count >= 0);
    logged[count] = '\0';
    close(file);
    unlink(file_name);
    return logged;
}

static size_t lines_in(const char *text)
{
    size_t lines = 0;
    for (; *text != '\0'; text++)
        lines += *text == '\n';
    return lines;
}

static void logs_why_a_command_was_refused(void)
{
    static const char *const reason = "TPM2_Clear is blocked: GPO \"Keine L\xc3\xb6schung\" names it.";
    const char *logged = logged_about_refusals("tcti+warning", reason, 3);
    EXPECT(strncmp(logged, "WARNING:tcti:tcti_refusal.c:", 28) == 0);
    EXPECT(strstr(logged, reason) != NULL);
    EXPECT(lines_in(logged) == 1); /* once, however often it is refused */
    EXPECT(logged_about_refusals("tcti+error", reason, 1)[0] == '\0');
    EXPECT(logged_about_refusals("all+none", reason, 1)[0] == '\0');
    EXPECT(logged_about_refusals("tcti+warning", "", 1)[0] == '\0');
    fake_broker_give_no_reasons(true);
    EXPECT(logged_about_refusals("tcti+warning", reason, 1)[0] == '\0');
    fake_broker_give_no_reasons(false);
}

static void logs_no_more_than_a_line_of_text(void)
{
    char reason[3001];
    memset(reason, 'x', sizeof(reason) - 1);
    reason[sizeof(reason) - 1] = '\0';
    memcpy(reason, "\033[2J\nforged", 12);
    const char *logged = logged_about_refusals("tcti+warning", reason, 1);
    EXPECT(lines_in(logged) == 1 && strchr(logged, '\033') == NULL && strlen(logged) < 1400);
}

static void keeps_the_order_of_calls(void)
{
    uint8_t response[64];
    size_t size = sizeof(response);
    TPM2_HANDLE key = 0x80000000;
    TSS2_TCTI_CONTEXT *tcti = open_tcti(NULL);
    EXPECT_CODE(Tss2_Tcti_Receive(tcti, &size, response, 0), TSS2_TCTI_RC_BAD_SEQUENCE);
    EXPECT_CODE(Tss2_Tcti_Transmit(tcti, 0, response), TSS2_TCTI_RC_BAD_VALUE);
    EXPECT_CODE(Tss2_Tcti_Transmit(tcti, 100000, response), TSS2_TCTI_RC_BAD_VALUE);
    EXPECT_CODE(Tss2_Tcti_Transmit(tcti, 10, NULL), TSS2_TCTI_RC_BAD_REFERENCE);
    EXPECT_CODE(transmit(tcti, FAKE_HOLD), TSS2_RC_SUCCESS);
    EXPECT_CODE(transmit(tcti, FAKE_ECHO), TSS2_TCTI_RC_BAD_SEQUENCE);
    EXPECT_CODE(Tss2_Tcti_SetLocality(tcti, 0), TSS2_TCTI_RC_BAD_SEQUENCE);
    EXPECT_CODE(Tss2_Tcti_Receive(tcti, NULL, response, 0), TSS2_TCTI_RC_BAD_REFERENCE);
    EXPECT_CODE(Tss2_Tcti_MakeSticky(tcti, &key, 1), TSS2_TCTI_RC_NOT_IMPLEMENTED);
    close_tcti(tcti); /* with a command in progress */
}

static void reports_a_broker_that_is_gone(void)
{
    uint8_t response[64];
    size_t size = sizeof(response);
    TSS2_TCTI_CONTEXT *tcti = open_tcti(NULL);
    EXPECT_CODE(transmit(tcti, FAKE_HANG_UP), TSS2_RC_SUCCESS);
    EXPECT_CODE(Tss2_Tcti_Receive(tcti, &size, response, TSS2_TCTI_TIMEOUT_BLOCK), TSS2_TCTI_RC_IO_ERROR);
    EXPECT_CODE(transmit(tcti, FAKE_ECHO), TSS2_TCTI_RC_IO_ERROR);
    close_tcti(tcti);
    size = 0;
    EXPECT_CODE(Tss2_Tcti_Tbs_Init(NULL, &size, NULL), TSS2_RC_SUCCESS);
    tcti = calloc(1, size);
    fake_broker_stop();
    EXPECT_CODE(Tss2_Tcti_Tbs_Init(tcti, &size, NULL), TSS2_TCTI_RC_IO_ERROR);
    fake_broker_start();
    EXPECT_CODE(Tss2_Tcti_Tbs_Init(tcti, &size, NULL), TSS2_RC_SUCCESS);
    close_tcti(tcti);
}

static void takes_its_configuration(void)
{
    static const char *const bad[] = {"priority=urgent", "locality=5", "locality=", "socket=", "colour=blue", "priority",
                                      "priority=low,", ",", "locality=00", "locality=4", "timeout=soon",
                                      "timeout=1.", "timeout=1,5", "timeout=-1", "timeout=86401", "broker-uid=me",
                                      "broker-uid=4294967295"};
    struct tcti_conf conf;
    char text[128];
    snprintf(text, sizeof(text), "socket=%s,priority=low", fake_broker_path());
    unsetenv("TPMTBS_WIRE_SOCKET");
    close_tcti(open_tcti(text));
    setenv("TPMTBS_WIRE_SOCKET", fake_broker_path(), 1);
    unsetenv("TPMTBS_WIRE_SOCKET");
    EXPECT(tcti_conf_parse("", &conf, NULL) && conf.priority == 200 && conf.locality == 0 &&
           conf.connection.socket_path[0] == '\0' && conf.connection.silence_limit_ms == 30000);
    setenv("TPMTBS_WIRE_SOCKET", fake_broker_path(), 1);
    EXPECT(tcti_conf_parse("locality=2,priority=system,socket=/a", &conf, NULL) && conf.priority == 400 &&
           conf.locality == 2 && strcmp(conf.connection.socket_path, "/a") == 0);
    EXPECT(tcti_conf_parse("timeout=2.5,broker-uid=65534", &conf, NULL) && conf.connection.silence_limit_ms == 2500 &&
           conf.connection.broker_uid == 65534);
    size_t size = 0;
    EXPECT_CODE(Tss2_Tcti_Tbs_Init(NULL, &size, NULL), TSS2_RC_SUCCESS);
    TSS2_TCTI_CONTEXT *tcti = calloc(1, size);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        EXPECT_CODE(Tss2_Tcti_Tbs_Init(tcti, &size, bad[i]), TSS2_TCTI_RC_BAD_VALUE);
    EXPECT_CODE(Tss2_Tcti_Tbs_Init(tcti, NULL, NULL), TSS2_TCTI_RC_BAD_REFERENCE);
    size = 8;
    EXPECT_CODE(Tss2_Tcti_Tbs_Init(tcti, &size, NULL), TSS2_TCTI_RC_INSUFFICIENT_BUFFER);
    free(tcti);
}

int main(void)
{
    alarm(300);
    fake_broker_start();
    RUN(says_what_it_is);
    RUN(carries_a_command);
    RUN(tells_the_size_before_it_gives_the_response);
    RUN(waits_no_longer_than_it_is_told);
    RUN(can_be_polled);
    RUN(gets_a_response_for_a_cancelled_command);
    RUN(can_be_polled_after_a_cancel);
    RUN(gets_a_refusal_as_the_response_that_stands_for_it);
    RUN(logs_why_a_command_was_refused);
    RUN(logs_no_more_than_a_line_of_text);
    RUN(keeps_the_order_of_calls);
    RUN(reports_a_broker_that_is_gone);
    RUN(takes_its_configuration);
    fake_broker_stop();
    return 0;
}
