/*
 * A broker that is stopped or hangs keeps its connections open but sends nothing. A working broker answers PING
 * immediately, however long a command waits or the TPM takes.
 *
 * The limit is counted in thirds: after the first silent third the client pings the broker, after the third one it
 * gives up. A late check counts as one third only. So a process that was itself stopped, or that polls
 * only now and then, still gives the broker time to answer the ping.
 */
#define _GNU_SOURCE
#include "wire_connection.h"

#define THIRDS 3

struct timespec wire_time_after(int milliseconds)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    time.tv_sec += milliseconds / 1000;
    time.tv_nsec += (long)(milliseconds % 1000) * 1000000;
    if (time.tv_nsec >= 1000000000) {
        time.tv_nsec -= 1000000000;
        time.tv_sec++;
    }
    return time;
}

bool wire_time_is_before(const struct timespec *left, const struct timespec *right)
{
    return left->tv_sec != right->tv_sec ? left->tv_sec < right->tv_sec : left->tv_nsec < right->tv_nsec;
}

static void wait_for_next_third(struct wire_client *client)
{
    client->third_ends = wire_time_after(client->silence_limit_ms / THIRDS);
}

void wire_silence_restart(struct wire_client *client)
{
    client->silent_thirds = 0;
    if (client->silence_limit_ms > 0)
        wait_for_next_third(client);
}

void wire_silence_check(struct wire_client *client)
{
    struct timespec now = wire_time_after(0);
    if (client->silence_limit_ms == 0 || client->end != WIRE_OPEN || wire_time_is_before(&now, &client->third_ends))
        return;
    if (client->silent_thirds > 0)
        client->silent_thirds++;
    else if (wire_send_ping(client, ++client->last_id))
        client->silent_thirds = 1;
    /* Otherwise another thread is sending. If the broker does not read, that thread's send limit ends the
     * connection. */
    if (client->silent_thirds >= THIRDS)
        wire_break(client, WIRE_SILENT);
    else
        wait_for_next_third(client);
}
