/* Requests in progress. Of the threads that wait for a response, one reads for all. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>


#include "tbs_results.h"
#include "wire_connection.h"

static int ms_until(const struct timespec *deadline)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t ns = (int64_t)(deadline->tv_sec - now.tv_sec) * 1000000000 + (deadline->tv_nsec - now.tv_nsec);
    return ns <= 0 ? 0 : (int)((ns + 999999) / 1000000);
}

void wire_enlist(struct wire_client *client, struct wire_request *request)
{
    if (client->requests == NULL)
        wire_silence_restart(client);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&request->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    request->id = ++client->last_id;
    request->done = false;
    request->sleeps = false;
    request->payload_bytes = 0;
    request->has_prefix = false;
    request->next = client->requests;
    client->requests = request;
    if (request->charged)
        client->charged++;
}

/* Under the lock. */
static void finish(struct wire_client *client, struct wire_request *request, uint32_t result)
{
    struct wire_request **link = &client->requests;
    while (*link != NULL && *link != request)
        link = &(*link)->next;
    if (*link != NULL)
        *link = request->next;
    if (request->charged) {
        client->charged--;
        pthread_cond_signal(&client->room);
    }
    request->result = result;
    request->done = true;
    pthread_cond_signal(&request->changed);
}

void wire_break(struct wire_client *client, enum wire_end end)
{
    if (client->end == WIRE_OPEN)
        client->end = end;
    shutdown(client->fd, SHUT_RDWR);
    pthread_cond_broadcast(&client->room);
    while (client->requests != NULL)
        finish(client, client->requests, TBS_E_SERVICE_NOT_RUNNING);
}

static void take_payload(struct wire_request *request, const uint8_t *payload, size_t count)
{
    request->has_prefix = count >= request->prefix_bytes;
    if (!request->has_prefix)
        return;
    if (request->prefix_bytes > 0)
        memcpy(request->prefix, payload, request->prefix_bytes);
    request->payload_bytes = count - request->prefix_bytes;
    size_t fits = request->payload_bytes < request->payload_capacity ? request->payload_bytes : request->payload_capacity;
    if (fits > 0)
        memcpy(request->payload, payload + request->prefix_bytes, fits);
}

/* Under the lock. A response with an unknown id belongs to an abandoned request. Id 0 means that the response is about
 * the connection itself, which the broker then closes. */
static void deliver(struct wire_client *client, const uint8_t *frame, size_t length)
{
    uint32_t id = wire_get_u32(frame + 8);
    uint32_t result = wire_get_u32(frame + 12);
    if (id == 0) {
        while (client->requests != NULL)
            finish(client, client->requests, result == TBS_SUCCESS ? TBS_E_INTERNAL_ERROR : result);
        return;
    }
    for (struct wire_request *request = client->requests; request != NULL; request = request->next) {
        if (request->id != id)
            continue;
        take_payload(request, frame + WIRE_HEADER_BYTES, length - WIRE_HEADER_BYTES);
        finish(client, request, result);
        return;
    }
}

/* Under the lock. Returns false if the peer violates the protocol. */
static bool deliver_received(struct wire_client *client)
{
    for (;;) {
        const uint8_t *frame = client->received + client->received_start;
        size_t available = client->received_bytes - client->received_start;
        if (available < WIRE_HEADER_BYTES)
            break;
        uint32_t length = wire_get_u32(frame);
        if (length < WIRE_HEADER_BYTES || length > WIRE_MAX_RESPONSE_BYTES)
            return false;
        if (available < length)
            break;
        deliver(client, frame, length);
        client->received_start += length;
    }
    if (client->received_start > 0) {
        size_t rest = client->received_bytes - client->received_start;
        memmove(client->received, client->received + client->received_start, rest);
        /* Authorization values pass through the buffer, so clear it in a way that the compiler does not remove. */
        explicit_bzero(client->received + rest, client->received_start);
        client->received_bytes = rest;
        client->received_start = 0;
    }
    return true;
}

enum read_outcome { READ_SOME, READ_NOTHING_IN_TIME, READ_BROKEN };

/* Called without the lock, by the reading thread only. */
static enum read_outcome read_some(struct wire_client *client, const struct timespec *deadline)
{
    /* Use poll even without a deadline: on a Unix socket, Linux wakes a thread in recv when the broker reads the
     * request, but a thread in poll only when an answer has arrived. */
    struct pollfd waiting = {.fd = client->fd, .events = POLLIN};
    int ready = poll(&waiting, 1, deadline == NULL ? -1 : ms_until(deadline));
    if (ready == 0 || (ready < 0 && errno == EINTR))
        return READ_NOTHING_IN_TIME;
    if (ready < 0)
        return READ_BROKEN;
    for (;;) {
        ssize_t count = recv(client->fd, client->received + client->received_bytes,
                             WIRE_MAX_RESPONSE_BYTES - client->received_bytes, 0);
        if (count > 0) {
            client->received_bytes += (size_t)count;
            return READ_SOME;
        }
        if (count < 0 && errno == EINTR)
            continue;
        return READ_BROKEN;
    }
}

/* Under the lock: returns when to stop waiting for data, at the deadline or the end of the third; NULL if never. */
static const struct timespec *end_of_reading(const struct wire_client *client, const struct timespec *deadline,
                                             struct timespec *third_ends)
{
    if (client->silence_limit_ms == 0)
        return deadline;
    *third_ends = client->third_ends;
    return deadline != NULL && wire_time_is_before(deadline, third_ends) ? deadline : third_ends;
}

/* Under the lock, which it releases while it reads. Returns false when the deadline has passed. */
static bool read_for_all(struct wire_client *client, const struct timespec *deadline)
{
    struct timespec third_ends;
    const struct timespec *until = end_of_reading(client, deadline, &third_ends);
    client->somebody_reads = true;
    pthread_mutex_unlock(&client->lock);
    enum read_outcome outcome = read_some(client, until);
    pthread_mutex_lock(&client->lock);
    client->somebody_reads = false;
    if (outcome == READ_NOTHING_IN_TIME)
        wire_silence_check(client);
    else
        wire_silence_restart(client);
    if (outcome == READ_BROKEN || (outcome == READ_SOME && !deliver_received(client)))
        wire_break(client, WIRE_HUNG_UP);
    return outcome != READ_NOTHING_IN_TIME || deadline == NULL || ms_until(deadline) > 0;
}

/* Under the lock. Returns false when the deadline has passed. */
static bool sleep_until_changed(struct wire_client *client, struct wire_request *request,
                                const struct timespec *deadline)
{
    int outcome = 0;
    request->sleeps = true;
    if (deadline == NULL)
        pthread_cond_wait(&request->changed, &client->lock);
    else
        outcome = pthread_cond_timedwait(&request->changed, &client->lock, deadline);
    request->sleeps = false;
    return outcome != ETIMEDOUT;
}

/* Under the lock: a thread that stops waiting wakes a sleeping one, which then reads for all. */
static void hand_reading_on(struct wire_client *client)
{
    if (client->somebody_reads)
        return;
    for (struct wire_request *request = client->requests; request != NULL; request = request->next) {
        if (request->sleeps) {
            pthread_cond_signal(&request->changed);
            return;
        }
    }
}

enum wire_wait wire_await(struct wire_client *client, struct wire_request *request, int timeout_ms)
{
    struct timespec limit;
    const struct timespec *deadline = NULL;
    if (timeout_ms >= 0) {
        limit = wire_time_after(timeout_ms);
        deadline = &limit;
    }
    pthread_mutex_lock(&client->lock);
    bool in_time = true;
    while (!request->done && in_time) {
        in_time = client->somebody_reads ? sleep_until_changed(client, request, deadline)
                                         : read_for_all(client, deadline);
    }
    hand_reading_on(client);
    bool done = request->done;
    pthread_mutex_unlock(&client->lock);
    if (done)
        pthread_cond_destroy(&request->changed);
    return done ? WIRE_ANSWERED : WIRE_TIMED_OUT;
}

void wire_abandon(struct wire_client *client, struct wire_request *request)
{
    pthread_mutex_lock(&client->lock);
    if (!request->done)
        finish(client, request, TBS_E_COMMAND_CANCELED);
    pthread_mutex_unlock(&client->lock);
    pthread_cond_destroy(&request->changed);
}
