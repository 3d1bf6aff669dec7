#define _GNU_SOURCE
#include "fake_broker.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "clock_ms.h"
#include "tbs_results.h"
#include "wire_protocol.h"

#define MAX_CONNECTIONS 128
#define MAX_HELD FAKE_MOST_UNDER_WAY

struct held {
    uint32_t id;
    uint32_t context;
    int64_t due_ms; /* 0: until it is cancelled */
    uint8_t command[64];
    size_t command_bytes;
};

struct connection {
    int fd;
    uint8_t bytes[2 * WIRE_MAX_REQUEST_BYTES];
    size_t count;
    struct held held[MAX_HELD];
    size_t held_count;
    unsigned contexts;
    uint16_t version;
};

static char directory[64];
static char path[96];
static pthread_t thread;
static int wake[2];
static struct connection *connections[MAX_CONNECTIONS];
static atomic_uint open_contexts;
static atomic_uint last_priority;
static atomic_uint last_locality;
static atomic_uint refusal;
static atomic_bool is_silent;
static atomic_bool gives_no_reasons;
static const char *_Atomic reason = "";
static atomic_uint pings;
static uint32_t next_context = 40;

static void check(bool good, const char *what)
{
    if (good)
        return;
    perror(what);
    abort();
}

static void send_all(int fd, const uint8_t *bytes, size_t count)
{
    while (count > 0) {
        ssize_t sent = send(fd, bytes, count, MSG_NOSIGNAL);
        if (sent <= 0)
            return;
        bytes += sent;
        count -= (size_t)sent;
    }
}

static size_t put_response(uint8_t *frame, uint16_t operation, uint32_t id, uint32_t result, size_t payload_bytes)
{
    wire_put_u32(frame, (uint32_t)(WIRE_HEADER_BYTES + payload_bytes));
    wire_put_u16(frame + 4, (uint16_t)(operation | WIRE_RESPONSE_BIT));
    wire_put_u16(frame + 6, 0);
    wire_put_u32(frame + 8, id);
    wire_put_u32(frame + 12, result);
    return WIRE_HEADER_BYTES + payload_bytes;
}

static void respond(int fd, uint16_t operation, uint32_t id, uint32_t result, const uint8_t *payload, size_t bytes)
{
    uint8_t *frame = malloc(WIRE_HEADER_BYTES + bytes);
    check(frame != NULL, "malloc");
    size_t length = put_response(frame, operation, id, result, bytes);
    if (bytes > 0)
        memcpy(frame + WIRE_HEADER_BYTES, payload, bytes);
    send_all(fd, frame, length);
    free(frame);
}

static void respond_submit(int fd, uint32_t id, uint32_t result, const uint8_t *response, size_t bytes)
{
    uint8_t payload[4 + FAKE_LARGE_BYTES];
    wire_put_u32(payload, result == TBS_SUCCESS ? last_priority : 0);
    memcpy(payload + 4, response, bytes);
    respond(fd, WIRE_SUBMIT, id, result, payload, 4 + bytes);
}

static void respond_blocked(const struct connection *connection, uint32_t id)
{
    static const uint8_t blocked[] = {0x80, 0x01, 0, 0, 0, 10, 0x00, 0x0c, 0x01, 0x43};
    uint8_t response[FAKE_LARGE_BYTES];
    size_t reason_bytes = connection->version >= WIRE_VERSION_WITH_REASONS ? strlen(reason) : 0;
    memcpy(response, blocked, sizeof(blocked));
    memcpy(response + sizeof(blocked), reason, reason_bytes);
    respond_submit(connection->fd, id, TPM_E_COMMAND_BLOCKED, response, sizeof(blocked) + reason_bytes);
}

static const uint8_t cancelled_response[] = {0x80, 0x01, 0, 0, 0, 10, 0x00, 0x0c, 0x09, 0x09};

static void hold(struct connection *connection, uint32_t id, uint32_t context, const uint8_t *command, size_t bytes,
                 int64_t due_ms)
{
    check(connection->held_count < MAX_HELD && bytes <= sizeof(connection->held[0].command), "hold");
    struct held *held = &connection->held[connection->held_count++];
    *held = (struct held){.id = id, .context = context, .due_ms = due_ms, .command_bytes = bytes};
    memcpy(held->command, command, bytes);
}

static void cancel_held(struct connection *connection, uint32_t context)
{
    size_t kept = 0;
    for (size_t i = 0; i < connection->held_count; i++) {
        struct held *held = &connection->held[i];
        if (held->context == context)
            respond_submit(connection->fd, held->id, TBS_E_COMMAND_CANCELED, cancelled_response,
                           sizeof(cancelled_response));
        else
            connection->held[kept++] = *held;
    }
    connection->held_count = kept;
}

static void answer_due(struct connection *connection)
{
    size_t kept = 0;
    int64_t now = now_ms();
    for (size_t i = 0; i < connection->held_count; i++) {
        struct held *held = &connection->held[i];
        if (held->due_ms != 0 && held->due_ms <= now)
            respond_submit(connection->fd, held->id, TBS_SUCCESS, held->command, held->command_bytes);
        else
            connection->held[kept++] = *held;
    }
    connection->held_count = kept;
}

static void send_in_pieces(int fd, uint32_t id, const uint8_t *command, size_t bytes)
{
    uint8_t frame[256];
    size_t length = put_response(frame, WIRE_SUBMIT, id, TBS_SUCCESS, 4 + bytes);
    wire_put_u32(frame + WIRE_HEADER_BYTES, last_priority);
    memcpy(frame + WIRE_HEADER_BYTES + 4, command, bytes);
    for (size_t i = 0; i < length; i++) {
        send_all(fd, frame + i, 1);
        usleep(500);
    }
}

/* Returns false if the connection is to be closed. */
static bool submit(struct connection *connection, uint32_t id, uint32_t context, const uint8_t *payload, size_t bytes)
{
    int fd = connection->fd;
    if (bytes < WIRE_SUBMIT_FIELDS_BYTES + 10) {
        respond(fd, WIRE_SUBMIT, id, TBS_E_BAD_PARAMETER, NULL, 0);
        return true;
    }
    last_priority = wire_get_u32(payload);
    last_locality = wire_get_u32(payload + 4);
    const uint8_t *command = payload + WIRE_SUBMIT_FIELDS_BYTES;
    size_t command_bytes = bytes - WIRE_SUBMIT_FIELDS_BYTES;
    uint32_t code = (uint32_t)command[8] << 8 | command[9];
    static const uint8_t garbage[WIRE_HEADER_BYTES] = {0xff, 0xff, 0xff, 0xff};
    static const uint8_t large[FAKE_LARGE_BYTES] = {0x80, 0x01, 0x00, 0x00, 0x10, 0x00};
    switch (code) {
    case FAKE_HOLD:
        hold(connection, id, context, command, command_bytes, 0);
        return true;
    case FAKE_SLOW:
        hold(connection, id, context, command, command_bytes, now_ms() + 100);
        return true;
    case FAKE_LONG:
        hold(connection, id, context, command, command_bytes, now_ms() + FAKE_LONG_MS);
        return true;
    case FAKE_LARGE:
        respond_submit(fd, id, TBS_SUCCESS, large, sizeof(large));
        return true;
    case FAKE_HANG_UP:
        return false;
    case FAKE_BLOCKED:
        respond_blocked(connection, id);
        return true;
    case FAKE_GARBAGE:
        send_all(fd, garbage, sizeof(garbage));
        return true;
    case FAKE_SHORT:
        respond(fd, WIRE_SUBMIT, id, TBS_SUCCESS, garbage, 2);
        return true;
    case FAKE_IN_PIECES:
        send_in_pieces(fd, id, command, command_bytes);
        return true;
    case FAKE_NO_CONTEXT:
        respond(fd, WIRE_SUBMIT, id, TBS_E_INVALID_CONTEXT, NULL, 0);
        return true;
    default:
        respond_submit(fd, id, TBS_SUCCESS, command, command_bytes);
        return true;
    }
}

static void send_log(int fd, uint32_t id, uint32_t type, uint32_t offset)
{
    static uint8_t log_bytes[FAKE_LOG_BYTES];
    if (type != 0) {
        respond(fd, WIRE_GET_TCG_LOG, id, TBS_E_NO_EVENT_LOG, NULL, 0);
        return;
    }
    for (uint32_t i = 0; i < FAKE_LOG_BYTES; i++)
        log_bytes[i] = (uint8_t)(i * 7 + i / 256);
    uint8_t payload[65536];
    size_t bytes = offset >= FAKE_LOG_BYTES ? 0 : FAKE_LOG_BYTES - offset;
    if (bytes > sizeof(payload) - 4)
        bytes = sizeof(payload) - 4;
    wire_put_u32(payload, FAKE_LOG_BYTES);
    memcpy(payload + 4, log_bytes + (bytes > 0 ? offset : 0), bytes);
    respond(fd, WIRE_GET_TCG_LOG, id, TBS_SUCCESS, payload, 4 + bytes);
}

static void open_context(struct connection *connection, uint32_t id, uint32_t versions)
{
    if ((versions & WIRE_TPM_20) == 0) {
        respond(connection->fd, WIRE_OPEN_CONTEXT, id, TBS_E_TPM_NOT_FOUND, NULL, 0);
        return;
    }
    uint8_t payload[12];
    wire_put_u32(payload, next_context++);
    wire_put_u32(payload + 4, 2);
    wire_put_u32(payload + 8, FAKE_MAX_COMMAND_BYTES);
    connection->contexts++;
    open_contexts++;
    respond(connection->fd, WIRE_OPEN_CONTEXT, id, TBS_SUCCESS, payload, sizeof(payload));
}

static void owner_auth(int fd, uint32_t id, uint32_t type)
{
    static const uint8_t auth[20] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20};
    if (type == 13)
        respond(fd, WIRE_GET_OWNER_AUTH, id, TBS_SUCCESS, auth, sizeof(auth));
    else
        respond(fd, WIRE_GET_OWNER_AUTH, id, TBS_E_OWNERAUTH_NOT_FOUND, NULL, 0);
}

static void say_hello(struct connection *connection, uint32_t id, uint16_t highest_version)
{
    uint16_t own = gives_no_reasons ? WIRE_LOWEST_VERSION : WIRE_VERSION;
    connection->version = highest_version < own ? highest_version : own;
    uint8_t payload[16] = {0};
    wire_put_u16(payload, connection->version);
    wire_put_u16(payload + 2, WIRE_LOWEST_VERSION);
    wire_put_u16(payload + 4, own);
    wire_put_u32(payload + 8, WIRE_MAX_REQUEST_BYTES);
    wire_put_u32(payload + 12, FAKE_MOST_UNDER_WAY);
    respond(connection->fd, WIRE_HELLO, id, TBS_SUCCESS, payload, sizeof(payload));
}

/* Returns false if the connection is to be closed. */
static bool handle(struct connection *connection, const uint8_t *frame, size_t length)
{
    uint16_t operation = wire_get_u16(frame + 4);
    uint32_t id = wire_get_u32(frame + 8);
    uint32_t context = wire_get_u32(frame + 12);
    const uint8_t *payload = frame + WIRE_HEADER_BYTES;
    int fd = connection->fd;
    uint8_t info[16] = {1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 9, 0, 0, 0};
    switch (operation) {
    case WIRE_HELLO:
        say_hello(connection, id, wire_get_u16(payload + 6));
        return true;
    case WIRE_OPEN_CONTEXT:
        open_context(connection, id, wire_get_u32(payload));
        return true;
    case WIRE_CLOSE_CONTEXT:
        cancel_held(connection, context);
        connection->contexts--;
        open_contexts--;
        respond(fd, operation, id, TBS_SUCCESS, NULL, 0);
        return true;
    case WIRE_SUBMIT:
        return submit(connection, id, context, payload, length - WIRE_HEADER_BYTES);
    case WIRE_CANCEL:
        cancel_held(connection, context);
        respond(fd, operation, id, TBS_SUCCESS, NULL, 0);
        return true;
    case WIRE_DEVICE_INFO:
        respond(fd, operation, id, TBS_SUCCESS, info, sizeof(info));
        return true;
    case WIRE_GET_OWNER_AUTH:
        owner_auth(fd, id, wire_get_u32(payload));
        return true;
    case WIRE_GET_TCG_LOG:
        send_log(fd, id, wire_get_u32(payload), wire_get_u32(payload + 4));
        return true;
    case WIRE_PHYSICAL_PRESENCE:
        respond(fd, operation, id, TBS_SUCCESS, payload, length - WIRE_HEADER_BYTES);
        return true;
    case WIRE_PING:
        pings++;
        respond(fd, operation, id, TBS_SUCCESS, NULL, 0);
        return true;
    case WIRE_REVOKE_ATTESTATION:
        respond(fd, operation, id, TBS_E_ACCESS_DENIED, NULL, 0);
        return true;
    default:
        respond(fd, operation, id, TBS_E_BAD_PARAMETER, NULL, 0);
        return true;
    }
}

/* Returns false if the connection is to be closed. */
static bool receive(struct connection *connection)
{
    ssize_t received = recv(connection->fd, connection->bytes + connection->count,
                            sizeof(connection->bytes) - connection->count, MSG_DONTWAIT);
    if (received <= 0)
        return false;
    connection->count += (size_t)received;
    if (refusal != TBS_SUCCESS) {
        respond(connection->fd, WIRE_HELLO, 0, refusal, NULL, 0);
        return false;
    }
    size_t at = 0;
    while (connection->count - at >= WIRE_HEADER_BYTES) {
        size_t length = wire_get_u32(connection->bytes + at);
        check(length >= WIRE_HEADER_BYTES && length <= WIRE_MAX_REQUEST_BYTES, "a client sent a bad frame");
        if (connection->count - at < length)
            break;
        if (!handle(connection, connection->bytes + at, length))
            return false;
        at += length;
    }
    memmove(connection->bytes, connection->bytes + at, connection->count - at);
    connection->count -= at;
    return true;
}

static void drop(size_t index)
{
    struct connection *connection = connections[index];
    open_contexts -= connection->contexts;
    close(connection->fd);
    free(connection);
    connections[index] = NULL;
}

static void accept_one(int listener)
{
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0)
        return;
    for (size_t i = 0; i < MAX_CONNECTIONS; i++) {
        if (connections[i] != NULL)
            continue;
        connections[i] = calloc(1, sizeof(struct connection));
        check(connections[i] != NULL, "calloc");
        connections[i]->fd = fd;
        return;
    }
    close(fd);
}

static void *run(void *argument)
{
    int listener = *(int *)argument;
    free(argument);
    for (;;) {
        struct pollfd watched[2 + MAX_CONNECTIONS];
        size_t owners[MAX_CONNECTIONS];
        nfds_t count = 2;
        watched[0] = (struct pollfd){.fd = wake[0], .events = POLLIN};
        watched[1] = (struct pollfd){.fd = listener, .events = POLLIN};
        for (size_t i = 0; i < MAX_CONNECTIONS; i++) {
            if (connections[i] == NULL)
                continue;
            owners[count - 2] = i;
            watched[count++] = (struct pollfd){.fd = connections[i]->fd, .events = POLLIN};
        }
        poll(watched, is_silent ? 1 : count, 10);
        if (watched[0].revents != 0)
            break;
        if (is_silent)
            continue;
        for (nfds_t i = 2; i < count; i++) {
            size_t owner = owners[i - 2];
            /* Like the broker, stops reading at the limit of requests in progress. */
            bool reads = connections[owner]->held_count < MAX_HELD;
            if (watched[i].revents != 0 && reads && !receive(connections[owner]))
                drop(owner);
            else
                answer_due(connections[owner]);
        }
        if (watched[1].revents != 0)
            accept_one(listener);
    }
    for (size_t i = 0; i < MAX_CONNECTIONS; i++)
        if (connections[i] != NULL)
            drop(i);
    close(listener);
    return NULL;
}

void fake_broker_start(void)
{
    strcpy(directory, "/tmp/fake-broker-XXXXXX");
    check(mkdtemp(directory) != NULL, "mkdtemp");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(path, sizeof(path), "%s/wire.sock", directory);
    strcpy(address.sun_path, path);
    int *listener = malloc(sizeof(*listener));
    check(listener != NULL, "malloc");
    *listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    check(bind(*listener, (struct sockaddr *)&address, sizeof(address)) == 0, "bind");
    check(listen(*listener, 64) == 0, "listen");
    check(pipe(wake) == 0, "pipe");
    setenv("TPMTBS_WIRE_SOCKET", path, 1);
    refusal = TBS_SUCCESS;
    is_silent = false;
    pings = 0;
    check(pthread_create(&thread, NULL, run, listener) == 0, "pthread_create");
}

void fake_broker_stop(void)
{
    check(write(wake[1], "", 1) == 1, "write");
    pthread_join(thread, NULL);
    close(wake[0]);
    close(wake[1]);
    unlink(path);
    rmdir(directory);
}

const char *fake_broker_path(void)
{
    return path;
}

unsigned fake_broker_contexts(void)
{
    return open_contexts;
}

uint32_t fake_broker_last_priority(void)
{
    return last_priority;
}

uint32_t fake_broker_last_locality(void)
{
    return last_locality;
}

void fake_broker_refuse_connections(uint32_t result)
{
    refusal = result;
}

void fake_broker_be_silent(bool silent)
{
    is_silent = silent;
}

void fake_broker_give_no_reasons(bool none)
{
    gives_no_reasons = none;
}

void fake_broker_set_reason(const char *text)
{
    reason = text;
}

unsigned fake_broker_pings(void)
{
    return pings;
}
