/*
 * The TCTI, according to TCG TSS 2.0 TPM Command Transmission Interface (TCTI) API Specification 1.0, with contexts
 * of version 2.
 *
 * A context has at most one command in progress. If the broker refuses a command, the response is the corresponding
 * TPM response.
 */
#define _GNU_SOURCE
#include "tss2_tcti_tbs.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "tbs_results.h"
#include "tcti_conf.h"
#include "tcti_log.h"
#include "tcti_refusal.h"
#include "wire_client.h"

#define EXPORT __attribute__((visibility("default")))

/* "TPMTBS" and the version of the protocol. */
#define TCTI_MAGIC 0x54504d5442530001ull
#define TCTI_VERSION 2

enum state { STATE_TRANSMIT, STATE_RECEIVE, STATE_FINAL };

struct tcti_tbs {
    TSS2_TCTI_CONTEXT_COMMON_V2 common;
    struct wire_client *client;
    struct wire_request request;
    uint8_t *response;
    uint32_t wire_context;
    uint32_t max_command_bytes;
    uint32_t priority;
    uint8_t locality;
    struct tcti_refusal refusal;
    /* The response has arrived, but the caller has so far asked only for its size, or passed too small a buffer. */
    bool answered;
    enum state state;
};

#define RESPONSE_CAPACITY (WIRE_MAX_RESPONSE_BYTES - WIRE_HEADER_BYTES - WIRE_SUBMIT_PREFIX_BYTES)

/* Also accepts a context that the parent of this process opened before it forked. */
static struct tcti_tbs *any_context_of(TSS2_TCTI_CONTEXT *tcti)
{
    if (tcti == NULL || TSS2_TCTI_MAGIC(tcti) != TCTI_MAGIC)
        return NULL;
    return (struct tcti_tbs *)tcti;
}

static struct tcti_tbs *context_of(TSS2_TCTI_CONTEXT *tcti)
{
    struct tcti_tbs *context = any_context_of(tcti);
    if (context == NULL || !wire_client_is_inherited(context->client))
        return context;
    LOG_ERROR("this context was opened before fork, by the parent of this process, whose connection and keys it stands for; "
              "open another one in this process");
    return NULL;
}

static TSS2_RC code_of(uint32_t result)
{
    switch (result) {
    case TBS_SUCCESS:
        return TSS2_RC_SUCCESS;
    case TBS_E_ACCESS_DENIED:
        return TSS2_TCTI_RC_NOT_PERMITTED;
    case TBS_E_TPM_NOT_FOUND:
        return TSS2_TCTI_RC_NOT_SUPPORTED;
    case TBS_E_BUFFER_TOO_LARGE:
    case TBS_E_BAD_PARAMETER:
        return TSS2_TCTI_RC_BAD_VALUE;
    case TBS_E_TOO_MANY_TBS_CONTEXTS:
    case TBS_E_SERVICE_START_PENDING:
        return TSS2_TCTI_RC_TRY_AGAIN;
    case TBS_E_INTERNAL_ERROR:
        return TSS2_TCTI_RC_GENERAL_FAILURE;
    case TBS_E_INVALID_CONTEXT:
        return TSS2_TCTI_RC_BAD_CONTEXT;
    default:
        return TSS2_TCTI_RC_IO_ERROR;
    }
}

static TSS2_RC tcti_transmit(TSS2_TCTI_CONTEXT *tcti, size_t size, const uint8_t *command)
{
    struct tcti_tbs *context = context_of(tcti);
    if (context == NULL)
        return TSS2_TCTI_RC_BAD_CONTEXT;
    if (command == NULL)
        return TSS2_TCTI_RC_BAD_REFERENCE;
    if (context->state != STATE_TRANSMIT)
        return TSS2_TCTI_RC_BAD_SEQUENCE;
    if (size == 0 || size > context->max_command_bytes)
        return TSS2_TCTI_RC_BAD_VALUE;

    uint8_t fields[WIRE_SUBMIT_FIELDS_BYTES];
    wire_put_u32(fields, context->priority);
    wire_put_u32(fields + 4, context->locality);
    wire_put_u32(fields + 8, 0);
    context->request = (struct wire_request){.payload = context->response,
                                             .payload_capacity = RESPONSE_CAPACITY,
                                             .prefix_bytes = WIRE_SUBMIT_PREFIX_BYTES};
    uint32_t result = wire_begin(context->client, &context->request, WIRE_SUBMIT, context->wire_context, fields,
                                 sizeof(fields), command, size);
    if (result != TBS_SUCCESS)
        return code_of(result);
    context->answered = false;
    context->state = STATE_RECEIVE;
    return TSS2_RC_SUCCESS;
}

/* Waits for the response. Returns TRY_AGAIN if the time-out passes, and an error if no response can arrive. */
static TSS2_RC await_response(struct tcti_tbs *context, int32_t timeout)
{
    if (!context->answered && wire_await(context->client, &context->request, timeout) == WIRE_TIMED_OUT)
        return TSS2_TCTI_RC_TRY_AGAIN;
    context->answered = true;
    if (context->request.has_prefix) {
        tcti_refusal_take_reason(&context->refusal, &context->request);
        return TSS2_RC_SUCCESS;
    }
    context->state = STATE_TRANSMIT;
    if (wire_client_end(context->client) == WIRE_SILENT)
        LOG_ERROR("the broker has shown no sign of life for so long that it is given up (TPMTBS_BROKER_TIMEOUT, or timeout= in "
                  "the configuration, sets how long)");
    return context->request.result == TBS_SUCCESS ? TSS2_TCTI_RC_MALFORMED_RESPONSE
                                                  : code_of(context->request.result);
}

static TSS2_RC tcti_receive(TSS2_TCTI_CONTEXT *tcti, size_t *size, uint8_t *response, int32_t timeout)
{
    struct tcti_tbs *context = context_of(tcti);
    if (context == NULL)
        return TSS2_TCTI_RC_BAD_CONTEXT;
    if (size == NULL)
        return TSS2_TCTI_RC_BAD_REFERENCE;
    if (timeout < TSS2_TCTI_TIMEOUT_BLOCK)
        return TSS2_TCTI_RC_BAD_VALUE;
    if (context->state != STATE_RECEIVE)
        return TSS2_TCTI_RC_BAD_SEQUENCE;
    TSS2_RC rc = await_response(context, timeout);
    if (rc != TSS2_RC_SUCCESS)
        return rc;
    size_t needed = context->request.payload_bytes;
    if (response == NULL) {
        *size = needed;
        return TSS2_RC_SUCCESS;
    }
    if (*size < needed) {
        *size = needed;
        return TSS2_TCTI_RC_INSUFFICIENT_BUFFER;
    }
    memcpy(response, context->response, needed);
    explicit_bzero(context->response, needed);
    *size = needed;
    context->state = STATE_TRANSMIT;
    return TSS2_RC_SUCCESS;
}

static TSS2_RC tcti_cancel(TSS2_TCTI_CONTEXT *tcti)
{
    struct tcti_tbs *context = context_of(tcti);
    if (context == NULL)
        return TSS2_TCTI_RC_BAD_CONTEXT;
    if (context->state != STATE_RECEIVE)
        return TSS2_TCTI_RC_BAD_SEQUENCE;
    /*
     * Does not wait for the response to CANCEL: waiting would also read the command's response, and a program that
     * polls would then not notice that it has arrived.
     */
    struct wire_request request = {0};
    uint32_t result =
        wire_begin(context->client, &request, WIRE_CANCEL, context->wire_context, NULL, 0, NULL, 0);
    if (result == TBS_SUCCESS)
        wire_abandon(context->client, &request);
    return code_of(result);
}

static TSS2_RC tcti_get_poll_handles(TSS2_TCTI_CONTEXT *tcti, TSS2_TCTI_POLL_HANDLE *handles, size_t *num_handles)
{
    struct tcti_tbs *context = context_of(tcti);
    if (context == NULL)
        return TSS2_TCTI_RC_BAD_CONTEXT;
    if (num_handles == NULL)
        return TSS2_TCTI_RC_BAD_REFERENCE;
    if (handles != NULL && *num_handles < 1)
        return TSS2_TCTI_RC_INSUFFICIENT_BUFFER;
    *num_handles = 1;
    if (handles != NULL)
        *handles = (struct pollfd){.fd = wire_client_fd(context->client), .events = POLLIN};
    return TSS2_RC_SUCCESS;
}

static TSS2_RC tcti_set_locality(TSS2_TCTI_CONTEXT *tcti, uint8_t locality)
{
    struct tcti_tbs *context = context_of(tcti);
    if (context == NULL)
        return TSS2_TCTI_RC_BAD_CONTEXT;
    if (context->state != STATE_TRANSMIT)
        return TSS2_TCTI_RC_BAD_SEQUENCE;
    if (locality > 4)
        return TSS2_TCTI_RC_BAD_VALUE;
    /*
     * Locality 4 is reserved for the hardware (dynamic launch). The broker accepts only 0 to 3, so fail immediately.
     */
    if (locality == 4)
        return TSS2_TCTI_RC_NOT_IMPLEMENTED;
    context->locality = locality;
    return TSS2_RC_SUCCESS;
}

static TSS2_RC tcti_make_sticky(TSS2_TCTI_CONTEXT *tcti, TPM2_HANDLE *handle, uint8_t sticky)
{
    (void)handle;
    (void)sticky;
    return context_of(tcti) == NULL ? TSS2_TCTI_RC_BAD_CONTEXT : TSS2_TCTI_RC_NOT_IMPLEMENTED;
}

static void tcti_finalize(TSS2_TCTI_CONTEXT *tcti)
{
    struct tcti_tbs *context = any_context_of(tcti);
    if (context == NULL || context->state == STATE_FINAL)
        return;
    if (context->state == STATE_RECEIVE && !context->answered && !wire_client_is_inherited(context->client))
        wire_abandon(context->client, &context->request);
    wire_client_free(context->client);
    explicit_bzero(context->response, context->request.payload_bytes);
    free(context->response);
    context->client = NULL;
    context->response = NULL;
    context->state = STATE_FINAL;
    TSS2_TCTI_MAGIC(tcti) = 0;
}

static const char *reason_of_refusal(uint32_t result)
{
    switch (result) {
    case TBS_E_TPM_NOT_FOUND:
        return "its TPM is no TPM 2.0";
    case TBS_E_TOO_MANY_TBS_CONTEXTS:
        return "too many are open, of this user or of all";
    case TBS_E_SERVICE_START_PENDING:
        return "it is just starting";
    case TBS_E_SERVICE_NOT_RUNNING:
        return "it closed the connection";
    default:
        return "its log says why";
    }
}

static TSS2_RC open_wire(struct tcti_tbs *context, const struct tcti_conf *conf)
{
    uint8_t fields[4];
    uint8_t answer[12];
    wire_put_u32(fields, WIRE_TPM_20);
    struct wire_request request = {.payload = answer, .payload_capacity = sizeof(answer)};
    struct wire_client *client = NULL;
    struct wire_reason reason = {0};
    uint32_t result = wire_client_open(&conf->connection, WIRE_OPEN_CONTEXT, fields, sizeof(fields), &request, &client,
                                       &reason);
    if (result != TBS_SUCCESS) {
        LOG_ERROR("cannot connect to the TpmTbs broker: %s", reason.text);
        return code_of(result);
    }
    if (request.result != TBS_SUCCESS || request.payload_bytes < sizeof(answer)) {
        LOG_ERROR("the TpmTbs broker opened no context: %s", reason_of_refusal(request.result));
        wire_client_free(client);
        return request.result != TBS_SUCCESS ? code_of(request.result) : TSS2_TCTI_RC_GENERAL_FAILURE;
    }
    context->client = client;
    context->wire_context = wire_get_u32(answer);
    context->max_command_bytes = wire_get_u32(answer + 8);
    return TSS2_RC_SUCCESS;
}

EXPORT TSS2_RC Tss2_Tcti_Tbs_Init(TSS2_TCTI_CONTEXT *tctiContext, size_t *size, const char *conf)
{
    struct tcti_conf parsed;
    if (size == NULL)
        return TSS2_TCTI_RC_BAD_REFERENCE;
    if (tctiContext == NULL) {
        *size = sizeof(struct tcti_tbs);
        return TSS2_RC_SUCCESS;
    }
    if (*size < sizeof(struct tcti_tbs))
        return TSS2_TCTI_RC_INSUFFICIENT_BUFFER;
    struct wire_reason problem = {0};
    if (!tcti_conf_parse(conf, &parsed, &problem)) {
        LOG_ERROR("%s", problem.text);
        return TSS2_TCTI_RC_BAD_VALUE;
    }

    struct tcti_tbs *context = (struct tcti_tbs *)tctiContext;
    memset(context, 0, sizeof(*context));
    context->response = malloc(RESPONSE_CAPACITY);
    if (context->response == NULL)
        return TSS2_TCTI_RC_MEMORY;
    TSS2_RC rc = open_wire(context, &parsed);
    if (rc != TSS2_RC_SUCCESS) {
        free(context->response);
        return rc;
    }
    context->priority = parsed.priority;
    context->locality = parsed.locality;
    context->state = STATE_TRANSMIT;
    TSS2_TCTI_MAGIC(tctiContext) = TCTI_MAGIC;
    TSS2_TCTI_VERSION(tctiContext) = TCTI_VERSION;
    TSS2_TCTI_TRANSMIT(tctiContext) = tcti_transmit;
    TSS2_TCTI_RECEIVE(tctiContext) = tcti_receive;
    TSS2_TCTI_FINALIZE(tctiContext) = tcti_finalize;
    TSS2_TCTI_CANCEL(tctiContext) = tcti_cancel;
    TSS2_TCTI_GET_POLL_HANDLES(tctiContext) = tcti_get_poll_handles;
    TSS2_TCTI_SET_LOCALITY(tctiContext) = tcti_set_locality;
    TSS2_TCTI_MAKE_STICKY(tctiContext) = tcti_make_sticky;
    return TSS2_RC_SUCCESS;
}

static const TSS2_TCTI_INFO info = {
    .version = TCTI_VERSION,
    .name = "tcti-tbs",
    .description = "TCTI for the TpmTbs broker (TPM Base Services for Linux).",
    .config_help = "socket=/path,priority=low|normal|high|system,locality=0..3,timeout=seconds,broker-uid=uid; each may be "
                   "left out.",
    .init = Tss2_Tcti_Tbs_Init,
};

EXPORT const TSS2_TCTI_INFO *Tss2_Tcti_Info(void);

EXPORT const TSS2_TCTI_INFO *Tss2_Tcti_Info(void)
{
    return &info;
}
