/* Tests that clients give up on a broker that shows no sign of life, but not on one that is only busy. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "clock_ms.h"
#include "expect.h"
#include "fake_broker.h"
#include "tbs.h"
#include "wire_options.h"

#define LIMIT_MS 600
/* More threads than the broker allows commands in progress. */
#define THREADS (FAKE_MOST_UNDER_WAY + 16)

static void set_limit(const char *seconds)
{
    setenv("TPMTBS_BROKER_TIMEOUT", seconds, 1);
}

static TBS_RESULT try_to_open(TBS_HCONTEXT *context)
{
    TBS_CONTEXT_PARAMS2 params = {.version = TBS_CONTEXT_VERSION_TWO, .includeTpm20 = 1};
    return Tbsi_Context_Create((PCTBS_CONTEXT_PARAMS)&params, context);
}

static TBS_HCONTEXT open_context(void)
{
    TBS_HCONTEXT context = NULL;
    EXPECT_CODE(try_to_open(&context), TBS_SUCCESS);
    return context;
}

static TBS_RESULT submit(TBS_HCONTEXT context, UINT32 code)
{
    BYTE command[20] = {0x80, 0x01, 0, 0, 0, 20, 0, 0, (BYTE)(code >> 8), (BYTE)code};
    BYTE result[64];
    UINT32 length = sizeof(result);
    return Tbsip_Submit_Command(context, 0, 200, command, sizeof(command), result, &length);
}

static void a_command_at_a_silent_broker_is_given_up(void)
{
    set_limit("0.6");
    TBS_HCONTEXT context = open_context();
    fake_broker_be_silent(true);
    int64_t start = now_ms();
    EXPECT_CODE(submit(context, FAKE_ECHO), TBS_E_SERVICE_NOT_RUNNING);
    EXPECT(now_ms() - start >= LIMIT_MS - 10);
    /* The context is lost: a second call does not wait again. */
    start = now_ms();
    EXPECT_CODE(submit(context, FAKE_ECHO), TBS_E_SERVICE_NOT_RUNNING);
    EXPECT_CODE(Tbsip_Context_Close(context), TBS_SUCCESS);
    EXPECT(now_ms() - start < LIMIT_MS / 2);
    fake_broker_be_silent(false);
}

static void a_silent_broker_opens_nothing(void)
{
    set_limit("0.6");
    TBS_HCONTEXT context = NULL;
    fake_broker_be_silent(true);
    EXPECT_CODE(try_to_open(&context), TBS_E_SERVICE_NOT_RUNNING);
    EXPECT(Tbsi_Is_Tpm_Present() == FALSE);
    fake_broker_be_silent(false);
}

/* The kernel also lets a program wait for room in the listener's queue. */
static void a_silent_broker_whose_queue_is_full_is_given_up(void)
{
    set_limit("0.6");
    int waiting[256];
    size_t count = 0;
    TBS_HCONTEXT context = NULL;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strcpy(address.sun_path, fake_broker_path());
    fake_broker_be_silent(true);
    for (;;) {
        EXPECT(count < sizeof(waiting) / sizeof(waiting[0]));
        waiting[count] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
        if (connect(waiting[count++], (struct sockaddr *)&address, sizeof(address)) != 0)
            break;
    }
    EXPECT_CODE(try_to_open(&context), TBS_E_SERVICE_NOT_RUNNING);
    while (count > 0)
        close(waiting[--count]);
    fake_broker_be_silent(false);
}

static void a_command_that_takes_longer_than_the_limit_is_not_given_up(void)
{
    set_limit("1");
    TBS_HCONTEXT context = open_context();
    unsigned pings = fake_broker_pings();
    EXPECT_CODE(submit(context, FAKE_LONG), TBS_SUCCESS);
    EXPECT(fake_broker_pings() > pings);
    Tbsip_Context_Close(context);
}

static void a_limit_of_0_waits(void)
{
    set_limit("0");
    TBS_HCONTEXT context = open_context();
    unsigned pings = fake_broker_pings();
    EXPECT_CODE(submit(context, FAKE_LONG), TBS_SUCCESS);
    EXPECT(fake_broker_pings() == pings);
    Tbsip_Context_Close(context);
}

static void a_limit_that_makes_no_sense_is_refused(void)
{
    TBS_HCONTEXT context = NULL;
    set_limit("soon");
    EXPECT_CODE(try_to_open(&context), TBS_E_BAD_PARAMETER);
    set_limit("");
    EXPECT_CODE(Tbsip_Context_Close(open_context()), TBS_SUCCESS);
}

static TBS_HCONTEXT shared;
static atomic_uint ended;
static atomic_uint given_up;

static void *hold(void *argument)
{
    (void)argument;
    TBS_RESULT result = submit(shared, FAKE_HOLD);
    if (result != TBS_E_COMMAND_CANCELED)
        given_up++;
    ended++;
    return NULL;
}

/* Beyond its limit, the broker reads nothing, not even pings, so the client must not exceed the limit. */
static void many_threads_do_not_make_a_living_broker_look_silent(void)
{
    pthread_t threads[THREADS];
    set_limit("2");
    ended = 0;
    given_up = 0;
    shared = open_context();
    for (size_t i = 0; i < THREADS; i++)
        EXPECT(pthread_create(&threads[i], NULL, hold, NULL) == 0);
    usleep(3000000);
    EXPECT(ended == 0);
    /* A cancel overtakes the requests that wait for room. */
    while (ended < THREADS) {
        EXPECT_CODE(Tbsip_Cancel_Commands(shared), TBS_SUCCESS);
        usleep(10000);
    }
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    EXPECT(given_up == 0);
    Tbsip_Context_Close(shared);
}

static void every_thread_gives_a_silent_broker_up(void)
{
    pthread_t threads[THREADS];
    set_limit("0.6");
    ended = 0;
    given_up = 0;
    shared = open_context();
    fake_broker_be_silent(true);
    for (size_t i = 0; i < THREADS; i++)
        EXPECT(pthread_create(&threads[i], NULL, hold, NULL) == 0);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    EXPECT(given_up == THREADS);
    Tbsip_Context_Close(shared);
    fake_broker_be_silent(false);
}

static void seconds_are_read_as_they_are_written(void)
{
    static const struct {
        const char *text;
        int milliseconds;
    } good[] = {{"0", 0}, {"30", 30000}, {"0.3", 300}, {"2.05", 2050}, {"1.234", 1234}, {"86400", 86400000}};
    static const char *const bad[] = {"", ".5", "1.", "1.2345", "1,5", "-1", "+1", " 1", "1s", "86401", "99999999999999"};
    int milliseconds;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        EXPECT(wire_parse_seconds(good[i].text, strlen(good[i].text), &milliseconds) &&
               milliseconds == good[i].milliseconds);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        EXPECT(!wire_parse_seconds(bad[i], strlen(bad[i]), &milliseconds));
}

int main(void)
{
    alarm(300);
    fake_broker_start();
    RUN(seconds_are_read_as_they_are_written);
    RUN(a_command_at_a_silent_broker_is_given_up);
    RUN(a_silent_broker_opens_nothing);
    RUN(a_silent_broker_whose_queue_is_full_is_given_up);
    RUN(a_command_that_takes_longer_than_the_limit_is_not_given_up);
    RUN(a_limit_of_0_waits);
    RUN(a_limit_that_makes_no_sense_is_refused);
    RUN(many_threads_do_not_make_a_living_broker_look_silent);
    RUN(every_thread_gives_a_silent_broker_up);
    fake_broker_stop();
    return 0;
}
