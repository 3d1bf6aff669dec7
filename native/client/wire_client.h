/*
 * A connection to the broker, used from any number of threads. Nothing here runs a thread of its own: among the threads
 * that wait for a response, one reads for all of them.
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

/* One request under way. It lives with its caller, who gives it to wire_await or wire_abandon before it goes. */
struct wire_request {
    /* Set by the caller: where the response's payload goes. Its first `prefix_bytes` bytes go to `prefix`. */
    uint8_t *payload;
    size_t payload_capacity;
    size_t prefix_bytes;

    /* Filled in. */
    uint8_t prefix[16];
    /* Bytes after the prefix that the response has; more than `payload_capacity` means that the rest was dropped. */
    size_t payload_bytes;
    /* The response was long enough for the prefix. */
    bool has_prefix;
    uint32_t result;

    uint32_t id;
    bool done;
    bool charged; /* counts towards what the broker lets be under way */
    bool sleeps; /* its thread waits for another one to read */
    pthread_cond_t changed;
    struct wire_request *next;
};

enum wire_wait { WIRE_ANSWERED, WIRE_TIMED_OUT };

/* How a connection ended. */
enum wire_end {
    WIRE_OPEN,
    WIRE_HUNG_UP,
    WIRE_SILENT, /* no sign of life within the limit of its options */
};

#define WIRE_WAIT_FOREVER (-1)

/*
 * Connects (see wire_socket_connect), says HELLO and, in the same message, sends a first request. The request's own
 * result is in `first`; a result of the connection is returned, and explained in `reason`, which may be NULL.
 */
uint32_t wire_client_open(const struct wire_options *options, uint16_t operation, const uint8_t *fields,
                          size_t fields_bytes, struct wire_request *first, struct wire_client **client,
                          struct wire_reason *reason);

/* The client belongs to the process that this one was forked from: it can only be freed. */
bool wire_client_is_inherited(const struct wire_client *client);

enum wire_end wire_client_end(struct wire_client *client);

/* No other thread may use the client any more. */
void wire_client_free(struct wire_client *client);

/* For poll(2): readable when a response may have come. */
int wire_client_fd(const struct wire_client *client);

/*
 * Sends a request: `fields`, then `bytes`. Returns TBS_E_SERVICE_NOT_RUNNING when the connection is broken,
 * TBS_E_INVALID_CONTEXT when it is another process's, TBS_E_BUFFER_TOO_LARGE when the frame would be too long; nothing is
 * under way then. Waits while so many requests are under way that the broker would not read another one: CANCEL and
 * CLOSE_CONTEXT never wait.
 */
uint32_t wire_begin(struct wire_client *client, struct wire_request *request, uint16_t operation, uint32_t context,
                    const uint8_t *fields, size_t fields_bytes, const uint8_t *bytes, size_t bytes_count);

/* Waits until the request is answered, or the connection broken: then its result is TBS_E_SERVICE_NOT_RUNNING. */
enum wire_wait wire_await(struct wire_client *client, struct wire_request *request, int timeout_ms);

/* Forgets a request that is not answered; its response will be dropped. */
void wire_abandon(struct wire_client *client, struct wire_request *request);

/* wire_begin and wire_await without a time limit; gives the request's result. */
uint32_t wire_call(struct wire_client *client, struct wire_request *request, uint16_t operation, uint32_t context,
                   const uint8_t *fields, size_t fields_bytes, const uint8_t *bytes, size_t bytes_count);

#endif
