/* Tests libtbs in a process that forks: the child cannot use its parent's contexts, and both keep working. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "expect.h"
#include "fake_broker.h"
#include "in_child.h"
#include "tbs.h"

static TBS_HCONTEXT inherited;

static TBS_HCONTEXT open_context(void)
{
    TBS_CONTEXT_PARAMS2 params = {.version = TBS_CONTEXT_VERSION_TWO, .includeTpm20 = 1};
    TBS_HCONTEXT context = NULL;
    EXPECT_CODE(Tbsi_Context_Create((PCTBS_CONTEXT_PARAMS)&params, &context), TBS_SUCCESS);
    return context;
}

static TBS_RESULT submit(TBS_HCONTEXT context, UINT32 code)
{
    BYTE command[20] = {0x80, 0x01, 0, 0, 0, 20, 0, 0, (BYTE)(code >> 8), (BYTE)code};
    BYTE result[64];
    UINT32 length = sizeof(result);
    return Tbsip_Submit_Command(context, 0, 200, command, sizeof(command), result, &length);
}

static void cannot_use_what_it_inherited(void)
{
    UINT32 length = 0;
    EXPECT_CODE(submit(inherited, FAKE_ECHO), TBS_E_INVALID_CONTEXT);
    EXPECT_CODE(Tbsip_Cancel_Commands(inherited), TBS_E_INVALID_CONTEXT);
    EXPECT_CODE(Tbsi_Get_OwnerAuth(inherited, TBS_OWNERAUTH_TYPE_STORAGE_20, NULL, &length), TBS_E_INVALID_CONTEXT);
    EXPECT_CODE(Tbsi_Get_TCG_Log(inherited, NULL, &length), TBS_E_INVALID_CONTEXT);
}

static void the_child_gets_an_error_and_the_parent_goes_on(void)
{
    inherited = open_context();
    in_child(cannot_use_what_it_inherited);
    EXPECT_CODE(submit(inherited, FAKE_ECHO), TBS_SUCCESS);
    Tbsip_Context_Close(inherited);
}

static void open_use_and_close_another(void)
{
    TBS_HCONTEXT own = open_context();
    EXPECT_CODE(submit(own, FAKE_ECHO), TBS_SUCCESS);
    EXPECT_CODE(Tbsip_Context_Close(own), TBS_SUCCESS);
}

static void the_child_opens_a_context_of_its_own(void)
{
    inherited = open_context();
    in_child(open_use_and_close_another);
    Tbsip_Context_Close(inherited);
}

static void close_what_it_inherited(void)
{
    EXPECT_CODE(Tbsip_Context_Close(inherited), TBS_SUCCESS);
    EXPECT_CODE(Tbsip_Context_Close(inherited), TBS_E_INVALID_CONTEXT);
}

static void the_child_closes_its_part_alone(void)
{
    inherited = open_context();
    in_child(close_what_it_inherited);
    EXPECT(fake_broker_contexts() == 1);
    EXPECT_CODE(submit(inherited, FAKE_ECHO), TBS_SUCCESS);
    Tbsip_Context_Close(inherited);
}

static atomic_bool stop;
static atomic_bool is_cancelled;

static void *open_and_close_until_stopped(void *argument)
{
    (void)argument;
    while (!stop)
        open_use_and_close_another();
    return NULL;
}

static void *hold_until_cancelled(void *argument)
{
    (void)argument;
    EXPECT_CODE(submit(inherited, FAKE_HOLD), TBS_E_COMMAND_CANCELED);
    is_cancelled = true;
    return NULL;
}

static void use_all(void)
{
    cannot_use_what_it_inherited();
    close_what_it_inherited();
    open_use_and_close_another();
}

/*
 * Tests forking while other threads hold locks. Not with sanitizers: their allocators hold locks too, and do not
 * release them in the child.
 */
static void a_process_with_many_threads_forks_at_any_moment(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    const int rounds = 0;
#else
    const int rounds = 100;
#endif
    pthread_t holder;
    pthread_t openers[4];
    stop = false;
    inherited = open_context();
    EXPECT(pthread_create(&holder, NULL, hold_until_cancelled, NULL) == 0);
    for (size_t i = 0; i < sizeof(openers) / sizeof(openers[0]); i++)
        EXPECT(pthread_create(&openers[i], NULL, open_and_close_until_stopped, NULL) == 0);
    for (int round = 0; round < rounds; round++)
        in_child(use_all);
    stop = true;
    for (size_t i = 0; i < sizeof(openers) / sizeof(openers[0]); i++)
        pthread_join(openers[i], NULL);
    /* The command may not have reached the broker yet. */
    while (!is_cancelled)
        EXPECT_CODE(Tbsip_Cancel_Commands(inherited), TBS_SUCCESS);
    pthread_join(holder, NULL);
    Tbsip_Context_Close(inherited);
}

static void fork_again(void)
{
    open_use_and_close_another();
    inherited = open_context();
    in_child(cannot_use_what_it_inherited);
    EXPECT_CODE(submit(inherited, FAKE_ECHO), TBS_SUCCESS);
    Tbsip_Context_Close(inherited);
}

static void a_child_forks_again(void)
{
    inherited = open_context();
    TBS_HCONTEXT first = inherited;
    in_child(fork_again);
    EXPECT_CODE(submit(first, FAKE_ECHO), TBS_SUCCESS);
    Tbsip_Context_Close(first);
}

int main(void)
{
    alarm(300);
    fake_broker_start();
    RUN(the_child_gets_an_error_and_the_parent_goes_on);
    RUN(the_child_opens_a_context_of_its_own);
    RUN(the_child_closes_its_part_alone);
    RUN(a_process_with_many_threads_forks_at_any_moment);
    RUN(a_child_forks_again);
    fake_broker_stop();
    return 0;
}
