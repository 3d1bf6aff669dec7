/*
 * Tests several threads that use one context: responses out of order, cancel, and close while commands are in
 * progress.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "clock_ms.h"
#include "expect.h"
#include "fake_broker.h"
#include "tbs.h"

#define THREADS 8
#define COMMANDS 200

static TBS_HCONTEXT context;
static atomic_uint waiting;

static void open_context(void)
{
    TBS_CONTEXT_PARAMS2 params = {.version = TBS_CONTEXT_VERSION_TWO, .includeTpm20 = 1};
    EXPECT_CODE(Tbsi_Context_Create((PCTBS_CONTEXT_PARAMS)&params, &context), TBS_SUCCESS);
}

static TBS_RESULT submit(UINT32 code, BYTE mark, BYTE *result)
{
    BYTE command[20] = {0x80, 0x01, 0, 0, 0, 20, 0, 0, (BYTE)(code >> 8), (BYTE)code};
    memset(command + 10, mark, 10);
    UINT32 length = 64;
    return Tbsip_Submit_Command(context, 0, 200, command, sizeof(command), result, &length);
}

static void *echo_many(void *argument)
{
    BYTE mark = *(BYTE *)argument;
    BYTE result[64];
    for (int i = 0; i < COMMANDS; i++) {
        EXPECT_CODE(submit(FAKE_ECHO, (BYTE)(mark + i), result), TBS_SUCCESS);
        EXPECT(result[10] == (BYTE)(mark + i) && result[19] == (BYTE)(mark + i));
    }
    return NULL;
}

static void every_thread_gets_its_own_answers(void)
{
    pthread_t threads[THREADS];
    BYTE marks[THREADS];
    open_context();
    for (int i = 0; i < THREADS; i++) {
        marks[i] = (BYTE)(i * 31);
        EXPECT(pthread_create(&threads[i], NULL, echo_many, &marks[i]) == 0);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    Tbsip_Context_Close(context);
}

static void *wait_slowly(void *argument)
{
    (void)argument;
    BYTE result[64];
    EXPECT_CODE(submit(FAKE_SLOW, 1, result), TBS_SUCCESS);
    return NULL;
}

/*
 * The thread with the slow command reads for all threads; the thread with the quick one must get its response long
 * before.
 */
static void a_quick_command_overtakes_a_slow_one_of_another_thread(void)
{
    pthread_t slow;
    BYTE result[64];
    open_context();
    EXPECT(pthread_create(&slow, NULL, wait_slowly, NULL) == 0);
    usleep(20000);
    int64_t start = now_ms();
    EXPECT_CODE(submit(FAKE_ECHO, 2, result), TBS_SUCCESS);
    EXPECT(now_ms() - start < 70);
    pthread_join(slow, NULL);
    Tbsip_Context_Close(context);
}

static void *wait_until_cancelled(void *argument)
{
    (void)argument;
    BYTE result[64];
    waiting++;
    EXPECT_CODE(submit(FAKE_HOLD, 3, result), TBS_E_COMMAND_CANCELED);
    return NULL;
}

static void start_waiting(pthread_t *threads)
{
    waiting = 0;
    for (int i = 0; i < THREADS; i++)
        EXPECT(pthread_create(&threads[i], NULL, wait_until_cancelled, NULL) == 0);
    while (waiting < THREADS)
        usleep(1000);
    usleep(50000); /* until all of them are at the broker */
}

static void cancel_reaches_the_commands_of_other_threads(void)
{
    pthread_t threads[THREADS];
    open_context();
    start_waiting(threads);
    EXPECT_CODE(Tbsip_Cancel_Commands(context), TBS_SUCCESS);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    Tbsip_Context_Close(context);
}

static void close_ends_the_commands_of_other_threads(void)
{
    pthread_t threads[THREADS];
    open_context();
    start_waiting(threads);
    EXPECT_CODE(Tbsip_Context_Close(context), TBS_SUCCESS);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    EXPECT_CODE(Tbsip_Cancel_Commands(context), TBS_E_INVALID_CONTEXT);
}

static void *wait_until_the_broker_is_gone(void *argument)
{
    (void)argument;
    BYTE result[64];
    waiting++;
    EXPECT_CODE(submit(FAKE_HOLD, 4, result), TBS_E_SERVICE_NOT_RUNNING);
    return NULL;
}

static void every_thread_hears_of_a_broker_that_is_gone(void)
{
    pthread_t threads[THREADS];
    open_context();
    waiting = 0;
    for (int i = 0; i < THREADS; i++)
        EXPECT(pthread_create(&threads[i], NULL, wait_until_the_broker_is_gone, NULL) == 0);
    while (waiting < THREADS)
        usleep(1000);
    usleep(50000);
    fake_broker_stop();
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    Tbsip_Context_Close(context);
    fake_broker_start();
}

static void *open_and_close(void *argument)
{
    (void)argument;
    for (int i = 0; i < 30; i++) {
        TBS_CONTEXT_PARAMS2 params = {.version = TBS_CONTEXT_VERSION_TWO, .includeTpm20 = 1};
        TBS_HCONTEXT own = NULL;
        EXPECT_CODE(Tbsi_Context_Create((PCTBS_CONTEXT_PARAMS)&params, &own), TBS_SUCCESS);
        EXPECT_CODE(Tbsip_Context_Close(own), TBS_SUCCESS);
        EXPECT_CODE(Tbsip_Context_Close(own), TBS_E_INVALID_CONTEXT);
    }
    return NULL;
}

static void threads_open_and_close_contexts_of_their_own(void)
{
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        EXPECT(pthread_create(&threads[i], NULL, open_and_close, NULL) == 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    EXPECT(fake_broker_contexts() == 0);
}

int main(void)
{
    alarm(300);
    fake_broker_start();
    RUN(every_thread_gets_its_own_answers);
    RUN(a_quick_command_overtakes_a_slow_one_of_another_thread);
    RUN(cancel_reaches_the_commands_of_other_threads);
    RUN(close_ends_the_commands_of_other_threads);
    RUN(every_thread_hears_of_a_broker_that_is_gone);
    RUN(threads_open_and_close_contexts_of_their_own);
    fake_broker_stop();
    return 0;
}
