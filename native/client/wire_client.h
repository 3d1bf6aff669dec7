/*
 * A connection to the broker that any number of threads may use. It starts no thread of its own: of the threads that
 * wait for a response, one reads for all.
 *
 * Results are those of Tbs.h (tbs_results.h).
 */
#ifndef TPMTBS_WIRE_CLIENT_H
#define TPMTBS_WIRE_CLIENT_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire_options.h"
#include "wire_protocol.h"
#include "wire_reason.h"

struct wire_client;

/* One request in progress. The caller owns it, and calls wire_await or wire_abandon before freeing it. */
struct wire_request {
    /* Set by the caller: the buffer for the response's payload, whose first `prefix_bytes` bytes go to `prefix`. */
    uint8_t *payload;
    size_t payload_capacity;
    size_t prefix_bytes;

    /* Set by this library. */
    uint8_t prefix[16];
    /* Bytes of the response after the prefix; if more than `payload_capacity`, the rest was dropped. */
    size_t payload_bytes;
    /* Whether the response was long enough for the prefix. */
    bool has_prefix;
    uint32_t result;

    uint32_t id;
    bool done;
    bool charged; /* counts towards the broker's limit of requests in progress */
    bool sleeps; /* its thread waits while another one reads */
    pthread_cond_t changed;
    struct wire_request *next;
};

enum wire_wait { WIRE_ANSWERED, WIRE_TIMED_OUT };

/* How a connection ended. */
enum wire_end {
    WIRE_OPEN,
    WIRE_HUNG_UP,
    WIRE_SILENT, /* the broker stayed silent beyond silence_limit_ms */
};

#define WIRE_WAIT_FOREVER (-1)

/*
 * Connects (see wire_socket_connect) and sends HELLO and a first request in one message. The request's own result is in
 * `first`. Returns the result of the connection, and explains it in `reason`, which may be NULL.
 */
uint32_t wire_client_open(const struct wire_options *options, uint16_t operation, const uint8_t *fields,
                          size_t fields_bytes, struct wire_request *first, struct wire_client **client,
                          struct wire_reason *reason);

/* Whether the client was opened by the process that this one was forked from. It can then only be freed. */
bool wire_client_is_inherited(const struct wire_client *client);

enum wire_end wire_client_end(struct wire_client *client);

/* Frees the client. No other thread may still use it. */
void wire_client_free(struct wire_client *client);

/* Returns a descriptor for poll(2), readable when a response may have arrived. */
int wire_client_fd(const struct wire_client *client);

/*
 * Sends a request: `fields`, then `bytes`. Returns TBS_E_SERVICE_NOT_RUNNING if the connection is broken,
 * TBS_E_INVALID_CONTEXT if it belongs to another process, TBS_E_BUFFER_TOO_LARGE if the frame would be too long; in
 * these cases the request was not sent. Waits while the broker's limit of requests in progress is reached, except for
 * CANCEL and CLOSE_CONTEXT.
 */
uint32_t wire_begin(struct wire_client *client, struct wire_request *request, uint16_t operation, uint32_t context,
                    const uint8_t *fields, size_t fields_bytes, const uint8_t *bytes, size_t bytes_count);

/* Waits until the request is answered or the connection breaks, which gives it the result TBS_E_SERVICE_NOT_RUNNING. */
enum wire_wait wire_await(struct wire_client *client, struct wire_request *request, int timeout_ms);

/* Abandons an unanswered request; its response will be dropped. */
void wire_abandon(struct wire_client *client, struct wire_request *request);

/* Calls wire_begin, then wire_await without a time limit, and returns the request's result. */
uint32_t wire_call(struct wire_client *client, struct wire_request *request, uint16_t operation, uint32_t context,
                   const uint8_t *fields, size_t fields_bytes, const uint8_t *bytes, size_t bytes_count);

#endif
