/* Opens a connection and sends requests. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "tbs_results.h"
#include "wire_connection.h"
#include "wire_socket.h"

#define HELLO_ANSWER_BYTES 16u

/* Returns false when the socket's time limit has passed. Other errors are left to the reading thread, which sees what
 * the broker sent before it closed. */
static bool send_all(int fd, struct iovec *parts, size_t count)
{
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = count};
    while (message.msg_iovlen > 0) {
        ssize_t sent = sendmsg(fd, &message, MSG_NOSIGNAL);
        if (sent < 0) {
            if (errno == EINTR)
                continue;
            return errno != EAGAIN && errno != EWOULDBLOCK;
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
    return true;
}

static void put_header(uint8_t *header, size_t length, uint16_t operation, uint32_t id, uint32_t context)
{
    wire_put_u32(header, (uint32_t)length);
    wire_put_u16(header + 4, operation);
    wire_put_u16(header + 6, 0);
    wire_put_u32(header + 8, id);
    wire_put_u32(header + 12, context);
}

bool wire_send_ping(struct wire_client *client, uint32_t id)
{
    if (pthread_mutex_trylock(&client->sending) != 0)
        return false;
    uint8_t header[WIRE_HEADER_BYTES];
    put_header(header, sizeof(header), WIRE_PING, id, 0);
    /* The kernel takes these few bytes whole or, if the broker has left too much unread, not at all.
     * The unread requests then take the place of the ping. */
    ssize_t sent = send(client->fd, header, sizeof(header), MSG_NOSIGNAL | MSG_DONTWAIT);
    (void)sent;
    pthread_mutex_unlock(&client->sending);
    return true;
}

/* Requests that must reach the broker however many commands are in progress. */
static bool is_urgent(uint16_t operation)
{
    return operation == WIRE_CANCEL || operation == WIRE_CLOSE_CONTEXT;
}

uint32_t wire_begin(struct wire_client *client, struct wire_request *request, uint16_t operation, uint32_t context,
                    const uint8_t *fields, size_t fields_bytes, const uint8_t *bytes, size_t bytes_count)
{
    if (bytes_count > WIRE_MAX_REQUEST_BYTES - WIRE_HEADER_BYTES - fields_bytes)
        return TBS_E_BUFFER_TOO_LARGE;
    if (client->inherited)
        return TBS_E_INVALID_CONTEXT;
    pthread_mutex_lock(&client->lock);
    request->charged = !is_urgent(operation);
    while (request->charged && client->charged >= client->most_charged && client->end == WIRE_OPEN)
        pthread_cond_wait(&client->room, &client->lock);
    if (client->end != WIRE_OPEN) {
        pthread_mutex_unlock(&client->lock);
        return TBS_E_SERVICE_NOT_RUNNING;
    }
    wire_enlist(client, request);
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
    bool sent = send_all(client->fd, parts, bytes_count > 0 ? 3 : fields_bytes > 0 ? 2 : 1);
    pthread_mutex_unlock(&client->sending);
    if (!sent) {
        pthread_mutex_lock(&client->lock);
        wire_break(client, WIRE_SILENT);
        pthread_mutex_unlock(&client->lock);
    }
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

static struct wire_client *new_client(int fd, int silence_limit_ms)
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
    client->silence_limit_ms = silence_limit_ms;
    client->most_charged = 1;
    pthread_mutex_init(&client->lock, NULL);
    pthread_mutex_init(&client->sending, NULL);
    pthread_cond_init(&client->room, NULL);
    if (wire_fork_join(client))
        return client;
    free(client->received);
    free(client);
    return NULL;
}

/* Sends HELLO and the first request in one message, so that opening a context costs one round trip. */
static void send_opening(struct wire_client *client, uint16_t highest_version, uint32_t hello_id, uint32_t first_id,
                         uint16_t operation, const uint8_t *fields, size_t fields_bytes)
{
    uint8_t hello[WIRE_HEADER_BYTES + 8];
    put_header(hello, sizeof(hello), WIRE_HELLO, hello_id, 0);
    wire_put_u32(hello + 16, WIRE_MAGIC);
    wire_put_u16(hello + 20, WIRE_LOWEST_VERSION);
    wire_put_u16(hello + 22, highest_version);
    uint8_t header[WIRE_HEADER_BYTES];
    put_header(header, WIRE_HEADER_BYTES + fields_bytes, operation, first_id, 0);
    struct iovec parts[3] = {
        {.iov_base = hello, .iov_len = sizeof(hello)},
        {.iov_base = header, .iov_len = sizeof(header)},
        {.iov_base = (void *)(uintptr_t)fields, .iov_len = fields_bytes},
    };
    send_all(client->fd, parts, fields_bytes > 0 ? 3 : 2);
}

/* Checks that the broker chose one of the offered versions. Allows one request in progress fewer than the broker does, so
 * that the broker always reads a ping. */
static uint32_t take_hello(struct wire_client *client, uint16_t highest_version, const struct wire_request *hello,
                           struct wire_reason *reason)
{
    const uint8_t *answer = hello->payload;
    if (hello->result != TBS_SUCCESS) {
        if (client->end == WIRE_SILENT)
            wire_explain(reason, "the broker accepts connections and has shown no sign of life for %d.%03d seconds",
                         client->silence_limit_ms / 1000, client->silence_limit_ms % 1000);
        else if (client->end == WIRE_HUNG_UP)
            wire_explain(reason, "the broker closed the connection before it answered: it refuses this user, or stopped; "
                                 "its log says why");
        else if (hello->result == TBS_E_ACCESS_DENIED)
            wire_explain(reason, "the broker refuses this user: the kernel reports the overflow user id (overflowUser in tbsd.json)");
        else if (hello->result == TBS_E_TOO_MANY_TBS_CONTEXTS)
            wire_explain(reason, "the broker refuses the connection: too many are open, of this user or of all");
        else
            wire_explain(reason, "the broker refuses the connection with result 0x%08x", (unsigned)hello->result);
        return hello->result;
    }
    uint16_t version = wire_get_u16(answer);
    if (hello->payload_bytes != HELLO_ANSWER_BYTES || version < WIRE_LOWEST_VERSION || version > highest_version) {
        wire_explain(reason, "the broker speaks another version of the protocol");
        return TBS_E_INTERNAL_ERROR;
    }
    uint32_t under_way = wire_get_u32(answer + 12);
    pthread_mutex_lock(&client->lock);
    client->most_charged = under_way > 2 ? under_way - 1 : 1;
    pthread_mutex_unlock(&client->lock);
    return TBS_SUCCESS;
}

uint32_t wire_client_open(const struct wire_options *options, uint16_t operation, const uint8_t *fields,
                          size_t fields_bytes, struct wire_request *first, struct wire_client **opened,
                          struct wire_reason *reason)
{
    int fd = -1;
    uint32_t result = wire_socket_connect(options, &fd, reason);
    if (result != TBS_SUCCESS)
        return result;
    struct wire_client *client = new_client(fd, options->silence_limit_ms);
    if (client == NULL) {
        close(fd);
        wire_explain(reason, "memory is used up");
        return TBS_E_INTERNAL_ERROR;
    }
    uint16_t highest_version = options->wants_reasons ? WIRE_VERSION_WITH_REASONS : WIRE_LOWEST_VERSION;
    uint8_t answer[HELLO_ANSWER_BYTES] = {0};
    struct wire_request hello = {.payload = answer, .payload_capacity = sizeof(answer)};
    pthread_mutex_lock(&client->lock);
    wire_enlist(client, &hello);
    first->charged = true;
    wire_enlist(client, first);
    pthread_mutex_unlock(&client->lock);
    send_opening(client, highest_version, hello.id, first->id, operation, fields, fields_bytes);

    wire_await(client, &hello, WIRE_WAIT_FOREVER);
    result = take_hello(client, highest_version, &hello, reason);
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

bool wire_client_is_inherited(const struct wire_client *client)
{
    return client->inherited;
}

enum wire_end wire_client_end(struct wire_client *client)
{
    pthread_mutex_lock(&client->lock);
    enum wire_end end = client->end;
    pthread_mutex_unlock(&client->lock);
    return end;
}

void wire_client_free(struct wire_client *client)
{
    wire_fork_leave(client);
    if (!client->inherited) {
        close(client->fd);
        pthread_mutex_destroy(&client->lock);
        pthread_mutex_destroy(&client->sending);
        pthread_cond_destroy(&client->room);
    }
    explicit_bzero(client->received, client->received_bytes);
    free(client->received);
    free(client);
}
