/* Tests the TCTI in a process that forks, as a web server does for its workers. */
#define _GNU_SOURCE
#include <string.h>

#include "expect.h"
#include "fake_broker.h"
#include "in_child.h"
#include "open_tcti.h"

static TSS2_TCTI_CONTEXT *inherited;

static void expect_an_echo(TSS2_TCTI_CONTEXT *tcti)
{
    uint8_t response[64];
    size_t size = sizeof(response);
    EXPECT_CODE(transmit(tcti, FAKE_ECHO), TSS2_RC_SUCCESS);
    EXPECT_CODE(Tss2_Tcti_Receive(tcti, &size, response, TSS2_TCTI_TIMEOUT_BLOCK), TSS2_RC_SUCCESS);
    EXPECT(size == 20);
}

static void cannot_use_what_it_inherited(void)
{
    uint8_t response[64];
    size_t size = sizeof(response);
    size_t count = 1;
    TSS2_TCTI_POLL_HANDLE handle;
    setenv("TSS2_LOG", "all+none", 1);
    EXPECT_CODE(transmit(inherited, FAKE_ECHO), TSS2_TCTI_RC_BAD_CONTEXT);
    EXPECT_CODE(Tss2_Tcti_Receive(inherited, &size, response, TSS2_TCTI_TIMEOUT_BLOCK), TSS2_TCTI_RC_BAD_CONTEXT);
    EXPECT_CODE(Tss2_Tcti_Cancel(inherited), TSS2_TCTI_RC_BAD_CONTEXT);
    EXPECT_CODE(Tss2_Tcti_GetPollHandles(inherited, &handle, &count), TSS2_TCTI_RC_BAD_CONTEXT);
    EXPECT_CODE(Tss2_Tcti_SetLocality(inherited, 0), TSS2_TCTI_RC_BAD_CONTEXT);
}

static void finalize_it_and_open_another(void)
{
    close_tcti(inherited);
    TSS2_TCTI_CONTEXT *own = open_tcti(NULL);
    expect_an_echo(own);
    close_tcti(own);
}

static void the_worker_gets_an_error_and_the_server_goes_on(void)
{
    inherited = open_tcti(NULL);
    in_child(cannot_use_what_it_inherited);
    expect_an_echo(inherited);
    close_tcti(inherited);
}

static void the_worker_opens_a_context_of_its_own(void)
{
    inherited = open_tcti(NULL);
    in_child(finalize_it_and_open_another);
    expect_an_echo(inherited);
    close_tcti(inherited);
}

static void the_worker_takes_no_response_of_a_command_under_way(void)
{
    uint8_t response[64];
    size_t size = sizeof(response);
    inherited = open_tcti(NULL);
    EXPECT_CODE(transmit(inherited, FAKE_SLOW), TSS2_RC_SUCCESS);
    in_child(cannot_use_what_it_inherited);
    in_child(finalize_it_and_open_another);
    EXPECT_CODE(Tss2_Tcti_Receive(inherited, &size, response, TSS2_TCTI_TIMEOUT_BLOCK), TSS2_RC_SUCCESS);
    EXPECT(size == 20);
    close_tcti(inherited);
}

static void says_why(void)
{
    char line[512] = "";
    char path[] = "/tmp/tcti-log-XXXXXX";
    int fd = mkstemp(path);
    EXPECT(fd >= 0);
    setenv("TSS2_LOGFILE", path, 1);
    transmit(inherited, FAKE_ECHO);
    EXPECT(read(fd, line, sizeof(line) - 1) > 0);
    unlink(path);
    close(fd);
    EXPECT(strncmp(line, "ERROR:tcti:tcti_tbs.c:", 22) == 0);
    EXPECT(strstr(line, "opened before fork") != NULL);
}

static void the_worker_logs_the_reason(void)
{
    inherited = open_tcti(NULL);
    in_child(says_why);
    close_tcti(inherited);
}

/* Otherwise the server's objects would stay in the TPM as long as a worker lives. */
static void a_worker_that_lives_on_does_not_keep_the_servers_context_open(void)
{
    int alive[2];
    EXPECT(pipe(alive) == 0);
    inherited = open_tcti(NULL);
    pid_t worker = fork();
    EXPECT(worker >= 0);
    if (worker == 0) {
        char byte;
        close(alive[1]);
        EXPECT(read(alive[0], &byte, 1) == 0);
        execl("/bin/true", "true", (char *)NULL);
        _exit(1);
    }
    close(alive[0]);
    close_tcti(inherited);
    /* The broker notices the end of the connection soon, or never. */
    while (fake_broker_contexts() > 0)
        usleep(1000);
    close(alive[1]);
    EXPECT(waitpid(worker, NULL, 0) == worker);
}

int main(void)
{
    alarm(300);
    fake_broker_start();
    RUN(the_worker_gets_an_error_and_the_server_goes_on);
    RUN(the_worker_opens_a_context_of_its_own);
    RUN(the_worker_takes_no_response_of_a_command_under_way);
    RUN(the_worker_logs_the_reason);
    RUN(a_worker_that_lives_on_does_not_keep_the_servers_context_open);
    fake_broker_stop();
    return 0;
}
