/* Opening a connection, and sending requests. */
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

/* A broker that accepts connections and says nothing for so long is as good as none. */
#define HELLO_TIMEOUT_MS 30000

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
    wire_enlist(client, &hello);
    wire_enlist(client, first);
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
    explicit_bzero(client->received, client->received_bytes);
    free(client->received);
    free(client);
}
