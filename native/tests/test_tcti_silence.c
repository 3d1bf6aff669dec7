/* Tests the TCTI with a broker that shows no sign of life, and the reasons that the TCTI logs. */
#define _GNU_SOURCE
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "expect.h"
#include "fake_broker.h"
#include "open_tcti.h"

static char log_path[] = "/tmp/tcti-log-XXXXXX";
static int log_fd;

/* Returns what was logged since the last call. */
static const char *logged(void)
{
    static char text[4096];
    ssize_t count = read(log_fd, text, sizeof(text) - 1);
    EXPECT(count >= 0);
    text[count] = '\0';
    return text;
}

static TSS2_RC try_to_open(const char *conf)
{
    size_t size = 0;
    EXPECT_CODE(Tss2_Tcti_Tbs_Init(NULL, &size, NULL), TSS2_RC_SUCCESS);
    TSS2_TCTI_CONTEXT *tcti = calloc(1, size);
    TSS2_RC rc = Tss2_Tcti_Tbs_Init(tcti, &size, conf);
    if (rc == TSS2_RC_SUCCESS)
        Tss2_Tcti_Finalize(tcti);
    free(tcti);
    return rc;
}

static void gives_a_silent_broker_up(void)
{
    uint8_t response[64];
    size_t size = sizeof(response);
    TSS2_TCTI_CONTEXT *tcti = open_tcti("timeout=0.6");
    fake_broker_be_silent(true);
    EXPECT_CODE(transmit(tcti, FAKE_ECHO), TSS2_RC_SUCCESS);
    EXPECT_CODE(Tss2_Tcti_Receive(tcti, &size, response, TSS2_TCTI_TIMEOUT_BLOCK), TSS2_TCTI_RC_IO_ERROR);
    EXPECT(strstr(logged(), "no sign of life") != NULL);
    close_tcti(tcti);
    EXPECT_CODE(try_to_open("timeout=0.6"), TSS2_TCTI_RC_IO_ERROR);
    EXPECT(strstr(logged(), "has shown no sign of life for 0.600 seconds") != NULL);
    fake_broker_be_silent(false);
}

static void a_program_that_polls_gives_it_up_as_well(void)
{
    uint8_t response[64];
    size_t size = sizeof(response);
    size_t count = 1;
    TSS2_TCTI_POLL_HANDLE handle;
    TSS2_RC rc = TSS2_TCTI_RC_TRY_AGAIN;
    TSS2_TCTI_CONTEXT *tcti = open_tcti("timeout=0.6");
    EXPECT_CODE(Tss2_Tcti_GetPollHandles(tcti, &handle, &count), TSS2_RC_SUCCESS);
    fake_broker_be_silent(true);
    EXPECT_CODE(transmit(tcti, FAKE_ECHO), TSS2_RC_SUCCESS);
    while (rc == TSS2_TCTI_RC_TRY_AGAIN) {
        poll(&handle, 1, 50);
        rc = Tss2_Tcti_Receive(tcti, &size, response, TSS2_TCTI_TIMEOUT_NONE);
    }
    EXPECT_CODE(rc, TSS2_TCTI_RC_IO_ERROR);
    close_tcti(tcti);
    fake_broker_be_silent(false);
}

static void waits_for_a_long_command(void)
{
    uint8_t response[64];
    size_t size = sizeof(response);
    TSS2_TCTI_CONTEXT *tcti = open_tcti("timeout=1");
    unsigned pings = fake_broker_pings();
    EXPECT_CODE(transmit(tcti, FAKE_LONG), TSS2_RC_SUCCESS);
    EXPECT_CODE(Tss2_Tcti_Receive(tcti, &size, response, TSS2_TCTI_TIMEOUT_BLOCK), TSS2_RC_SUCCESS);
    EXPECT(size == 20 && fake_broker_pings() > pings);
    close_tcti(tcti);
}

/* The caller asks for the response only after three limits, so the broker must get time to answer a ping. */
static void a_program_that_looks_rarely_does_not_give_a_living_broker_up(void)
{
    uint8_t response[64];
    size_t size = sizeof(response);
    TSS2_RC rc = TSS2_TCTI_RC_TRY_AGAIN;
    TSS2_TCTI_CONTEXT *tcti = open_tcti("timeout=0.3");
    EXPECT_CODE(transmit(tcti, FAKE_LONG), TSS2_RC_SUCCESS);
    while (rc == TSS2_TCTI_RC_TRY_AGAIN) {
        usleep(900000);
        rc = Tss2_Tcti_Receive(tcti, &size, response, TSS2_TCTI_TIMEOUT_NONE);
    }
    EXPECT_CODE(rc, TSS2_RC_SUCCESS);
    close_tcti(tcti);
}

static void logs_why_it_cannot_connect(void)
{
    char directory[128];
    snprintf(directory, sizeof(directory), "%s", fake_broker_path());
    *strrchr(directory, '/') = '\0';
    EXPECT_CODE(try_to_open("socket=/nonexistent/wire.sock"), TSS2_TCTI_RC_IO_ERROR);
    EXPECT(strstr(logged(), "/nonexistent") != NULL);
    EXPECT(chmod(directory, 0777) == 0);
    EXPECT_CODE(try_to_open(NULL), TSS2_TCTI_RC_NOT_PERMITTED);
    EXPECT(strstr(logged(), "others can write to the folder") != NULL);
    EXPECT(chmod(directory, 0755) == 0);
    EXPECT_CODE(try_to_open("colour=blue"), TSS2_TCTI_RC_BAD_VALUE);
    EXPECT(strstr(logged(), "\"colour=blue\"") != NULL);
    if (getuid() != 0)
        return;
    EXPECT(chown(directory, 12345, 12345) == 0);
    EXPECT_CODE(try_to_open(NULL), TSS2_TCTI_RC_NOT_PERMITTED);
    EXPECT(strstr(logged(), "belongs to user 12345, who is neither root, nor you") != NULL);
    /* A user who is named in the configuration may run the broker. */
    EXPECT_CODE(try_to_open("broker-uid=12345"), TSS2_RC_SUCCESS);
    EXPECT(chown(directory, 0, 0) == 0);
}

static void logs_as_TSS2_LOG_says(void)
{
    static const struct {
        const char *setting;
        bool logs;
    } cases[] = {{"tcti+error", true},           {"all+none", false},  {"TCTI+NONE", false}, {"sys+none", true},
                 {"all+none,tcti+trace", true}, {"tcti+x", true},     {"", true}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        setenv("TSS2_LOG", cases[i].setting, 1);
        EXPECT_CODE(try_to_open("socket=/nonexistent/wire.sock"), TSS2_TCTI_RC_IO_ERROR);
        const char *text = logged();
        EXPECT((text[0] != '\0') == cases[i].logs);
        EXPECT(!cases[i].logs || strncmp(text, "ERROR:tcti:tcti_tbs.c:", 22) == 0);
    }
    unsetenv("TSS2_LOG");
}

int main(void)
{
    alarm(300);
    log_fd = mkstemp(log_path);
    EXPECT(log_fd >= 0);
    setenv("TSS2_LOGFILE", log_path, 1);
    fake_broker_start();
    RUN(gives_a_silent_broker_up);
    RUN(a_program_that_polls_gives_it_up_as_well);
    RUN(waits_for_a_long_command);
    RUN(a_program_that_looks_rarely_does_not_give_a_living_broker_up);
    RUN(logs_why_it_cannot_connect);
    RUN(logs_as_TSS2_LOG_says);
    fake_broker_stop();
    unlink(log_path);
    return 0;
}
