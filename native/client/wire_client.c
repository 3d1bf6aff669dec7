#define _GNU_SOURCE
#include "wire_client.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "tbs_results.h"
#include "wire_socket.h"

/* A broker that accepts connections and says nothing for so long is as good as none. */
#define HELLO_TIMEOUT_MS 30000

struct wire_client {
    int fd;
    pthread_mutex_t lock;    /* guards what follows, down to `broken` */
    struct wire_request *requests;
    uint32_t last_id;
    bool somebody_reads;     /* that thread alone uses fd for reading, and `received` */
    bool broken;
    pthread_mutex_t sending; /* one frame at a time */

    uint8_t *received;
    size_t received_bytes;
    size_t received_start;
};

static struct timespec deadline_after(int timeout_ms)
{
    struct timespec deadline;
    clock_gettime(CLOCK_MONOTONIC, &deadline);
    deadline.tv_sec += timeout_ms / 1000;
    deadline.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
    if (deadline.tv_nsec >= 1000000000) {
        deadline.tv_nsec -= 1000000000;
        deadline.tv_sec++;
    }
    return deadline;
}

static int ms_until(const struct timespec *deadline)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t ns = (int64_t)(deadline->tv_sec - now.tv_sec) * 1000000000 + (deadline->tv_nsec - now.tv_nsec);
    return ns <= 0 ? 0 : (int)((ns + 999999) / 1000000);
}

/* Zeroes that the compiler keeps: authorizations pass through the buffer. */
static void wipe(uint8_t *bytes, size_t count)
{
    explicit_bzero(bytes, count);
}

/* Under the lock. */
static void enlist(struct wire_client *client, struct wire_request *request)
{
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
}

/* Under the lock. */
static void finish(struct wire_client *client, struct wire_request *request, uint32_t result)
{
    struct wire_request **link = &client->requests;
    while (*link != NULL && *link != request)
        link = &(*link)->next;
    if (*link != NULL)
        *link = request->next;
    request->result = result;
    request->done = true;
    pthread_cond_signal(&request->changed);
}

/* Under the lock. */
static void break_connection(struct wire_client *client)
{
    client->broken = true;
    shutdown(client->fd, SHUT_RDWR);
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

/* Under the lock. A response with an id that nobody waits for was abandoned; id 0 is nobody's and speaks for the
 * connection as a whole, which the broker then closes. */
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

/* Under the lock. Gives false when the peer does not speak the protocol. */
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
        wipe(client->received + rest, client->received_start);
        client->received_bytes = rest;
        client->received_start = 0;
    }
    return true;
}

enum read_outcome { READ_SOME, READ_NOTHING_IN_TIME, READ_BROKEN };

/* Without the lock, by the one thread that reads. */
static enum read_outcome read_some(struct wire_client *client, const struct timespec *deadline)
{
    if (deadline != NULL) {
        struct pollfd waiting = {.fd = client->fd, .events = POLLIN};
        int ready = poll(&waiting, 1, ms_until(deadline));
        if (ready == 0 || (ready < 0 && errno == EINTR))
            return READ_NOTHING_IN_TIME;
        if (ready < 0)
            return READ_BROKEN;
    }
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

/* Under the lock, which it leaves while it reads. Gives false when the time is up. */
static bool read_for_all(struct wire_client *client, const struct timespec *deadline)
{
    client->somebody_reads = true;
    pthread_mutex_unlock(&client->lock);
    enum read_outcome outcome = read_some(client, deadline);
    pthread_mutex_lock(&client->lock);
    client->somebody_reads = false;
    if (outcome == READ_BROKEN || (outcome == READ_SOME && !deliver_received(client)))
        break_connection(client);
    return outcome != READ_NOTHING_IN_TIME || ms_until(deadline) > 0;
}

/* Under the lock. Gives false when the time is up. */
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

/* Under the lock: whoever stops waiting wakes one that sleeps, which then reads for all. */
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
        limit = deadline_after(timeout_ms);
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

/* Errors of sending are left to the reader: it sees what the broker said before it closed. */
static void send_all(int fd, struct iovec *parts, size_t count)
{
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = count};
    while (message.msg_iovlen > 0) {
        ssize_t sent = sendmsg(fd, &message, MSG_NOSIGNAL);
        if (sent < 0) {
            if (errno == EINTR)
                continue;
            return;
        }
        size_t left = (size_t)sent;
        while (message.msg_iovlen > 0 && left >= message.msg_iov->iov_len) {
            left -= message.msg_iov->iov_len;
            message.msg_iov++;
            message.msg_iovlen--;
        }
        if (message.msg_iovlen > 0) {
            message.msg_iov->iov_base = (uint8_t *)message.msg_iov->iov_base + left;
            message.msg_iov->iov_len -= left;
        }
    }
}

static void put_header(uint8_t *header, size_t length, uint16_t operation, uint32_t id, uint32_t context)
{
    wire_put_u32(header, (uint32_t)length);
    wire_put_u16(header + 4, operation);
    wire_put_u16(header + 6, 0);
    wire_put_u32(header + 8, id);
    wire_put_u32(header + 12, context);
}

uint32_t wire_begin(struct wire_client *client, struct wire_request *request, uint16_t operation, uint32_t context,
                    const uint8_t *fields, size_t fields_bytes, const uint8_t *bytes, size_t bytes_count)
{
    if (bytes_count > WIRE_MAX_REQUEST_BYTES - WIRE_HEADER_BYTES - fields_bytes)
        return TBS_E_BUFFER_TOO_LARGE;
    pthread_mutex_lock(&client->lock);
    if (client->broken) {
        pthread_mutex_unlock(&client->lock);
        return TBS_E_SERVICE_NOT_RUNNING;
    }
    enlist(client, request);
    uint32_t id = request->id;
    pthread_mutex_unlock(&client->lock);

    uint8_t header[WIRE_HEADER_BYTES];
    put_header(header, WIRE_HEADER_BYTES + fields_bytes + bytes_count, operation, id, context);
    struct iovec parts[3] = {
        {.iov_base = header, .iov_len = sizeof(header)},
        {.iov_base = (void *)(uintptr_t)fields, .iov_len = fields_bytes},
        {.iov_base = (void *)(uintptr_t)bytes, .iov_len = bytes_count},
    };
    pthread_mutex_lock(&client->sending);
    send_all(client->fd, parts, bytes_count > 0 ? 3 : fields_bytes > 0 ? 2 : 1);
    pthread_mutex_unlock(&client->sending);
    return TBS_SUCCESS;
}

uint32_t wire_call(struct wire_client *client, struct wire_request *request, uint16_t operation, uint32_t context,
                   const uint8_t *fields, size_t fields_bytes, const uint8_t *bytes, size_t bytes_count)
{
    uint32_t result =
        wire_begin(client, request, operation, context, fields, fields_bytes, bytes, bytes_count);
    if (result != TBS_SUCCESS)
        return result;
    wire_await(client, request, WIRE_WAIT_FOREVER);
    return request->result;
}

static struct wire_client *new_client(int fd)
{
    struct wire_client *client = calloc(1, sizeof(*client));
    if (client == NULL)
        return NULL;
    client->received = malloc(WIRE_MAX_RESPONSE_BYTES);
    if (client->received == NULL) {
        free(client);
        return NULL;
    }
    client->fd = fd;
    pthread_mutex_init(&client->lock, NULL);
    pthread_mutex_init(&client->sending, NULL);
    return client;
}

/* HELLO and the first request in one message: opening a context costs one round trip. */
static void send_opening(struct wire_client *client, uint32_t hello_id, uint32_t first_id, uint16_t operation,
                         const uint8_t *fields, size_t fields_bytes)
{
    uint8_t hello[WIRE_HEADER_BYTES + 8];
    put_header(hello, sizeof(hello), WIRE_HELLO, hello_id, 0);
    wire_put_u32(hello + 16, WIRE_MAGIC);
    wire_put_u16(hello + 20, WIRE_VERSION);
    wire_put_u16(hello + 22, WIRE_VERSION);
    uint8_t header[WIRE_HEADER_BYTES];
    put_header(header, WIRE_HEADER_BYTES + fields_bytes, operation, first_id, 0);
    struct iovec parts[3] = {
        {.iov_base = hello, .iov_len = sizeof(hello)},
        {.iov_base = header, .iov_len = sizeof(header)},
        {.iov_base = (void *)(uintptr_t)fields, .iov_len = fields_bytes},
    };
    send_all(client->fd, parts, fields_bytes > 0 ? 3 : 2);
}

uint32_t wire_client_open(const char *path, uint16_t operation, const uint8_t *fields, size_t fields_bytes,
                          struct wire_request *first, struct wire_client **opened)
{
    int fd = -1;
    uint32_t result = wire_socket_connect(path, &fd);
    if (result != TBS_SUCCESS)
        return result;
    struct wire_client *client = new_client(fd);
    if (client == NULL) {
        close(fd);
        return TBS_E_INTERNAL_ERROR;
    }
    uint8_t answer[16];
    struct wire_request hello = {.payload = answer, .payload_capacity = sizeof(answer)};
    pthread_mutex_lock(&client->lock);
    enlist(client, &hello);
    enlist(client, first);
    pthread_mutex_unlock(&client->lock);
    send_opening(client, hello.id, first->id, operation, fields, fields_bytes);

    if (wire_await(client, &hello, HELLO_TIMEOUT_MS) == WIRE_TIMED_OUT) {
        wire_abandon(client, &hello);
        result = TBS_E_SERVICE_NOT_RUNNING;
    } else if (hello.result != TBS_SUCCESS) {
        result = hello.result;
    } else if (hello.payload_bytes != sizeof(answer) || wire_get_u16(answer) != WIRE_VERSION) {
        result = TBS_E_INTERNAL_ERROR;
    }
    if (result != TBS_SUCCESS) {
        wire_abandon(client, first);
        wire_client_free(client);
        return result;
    }
    wire_await(client, first, WIRE_WAIT_FOREVER);
    *opened = client;
    return TBS_SUCCESS;
}

int wire_client_fd(const struct wire_client *client)
{
    return client->fd;
}

void wire_client_free(struct wire_client *client)
{
    close(client->fd);
    pthread_mutex_destroy(&client->lock);
    pthread_mutex_destroy(&client->sending);
    wipe(client->received, client->received_bytes);
    free(client->received);
    free(client);
}
