/*
 * A broker that is stopped or hangs keeps its connections open and says nothing. A broker that lives answers PING at
 * once, however long a command waits or the TPM works.
 *
 * The limit is counted in thirds: after the first silent one the broker is pinged, after the third it is given up. A
 * third counts once however late its end is noticed, so that a process that was itself stopped, or that looks for its
 * response only now and then, gives the broker time to answer the ping.
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
    /* Otherwise another thread is sending. If the broker does not read, that thread's own limit ends the connection. */
    if (client->silent_thirds >= THIRDS)
        wire_break(client, WIRE_SILENT);
    else
        wait_for_next_third(client);
}
