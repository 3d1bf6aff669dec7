#define _GNU_SOURCE
#include "wire_socket.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "tbs_results.h"
#include "wire_trust.h"

/* Returns false if the path does not fit. */
static bool find_socket(const struct wire_options *options, char *path, size_t size)
{
    if (options->socket_path[0] != '\0') {
        int length = snprintf(path, size, "%s", options->socket_path);
        return length >= 0 && (size_t)length < size;
    }
    const char *runtime = secure_getenv("XDG_RUNTIME_DIR");
    if (runtime != NULL && runtime[0] == '/') {
        int length = snprintf(path, size, "%s/tpmtbs/wire.sock", runtime);
        if (length >= 0 && (size_t)length < size && access(path, F_OK) == 0)
            return true;
    }
    int length = snprintf(path, size, "%s", wire_system_socket);
    return length >= 0 && (size_t)length < size;
}

static uint32_t refuse_to_connect(const char *path, int error, struct wire_reason *reason)
{
    switch (error) {
    case EACCES:
    case EPERM:
        wire_explain(reason, "this user may not connect to %s: %s", path, strerror(error));
        return TBS_E_ACCESS_DENIED;
    case EAGAIN:
        wire_explain(reason, "the broker at %s accepts no connections: its process is stopped or hangs", path);
        return TBS_E_SERVICE_NOT_RUNNING;
    default:
        wire_explain(reason, "no broker listens at %s: %s", path, strerror(error));
        return TBS_E_SERVICE_NOT_RUNNING;
    }
}

/* A stopped broker neither accepts nor reads, so without a limit, connect and send would block forever. */
static void limit_waiting(int connection, int limit_ms)
{
    struct timeval limit = {.tv_sec = limit_ms / 1000, .tv_usec = limit_ms % 1000 * 1000};
    setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
}

uint32_t wire_socket_connect(const struct wire_options *options, int *fd, struct wire_reason *reason)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct wire_trust trust = {.broker_uid = options->broker_uid};
    if (!find_socket(options, address.sun_path, sizeof(address.sun_path))) {
        wire_explain(reason, "the socket's path is too long");
        return TBS_E_BAD_PARAMETER;
    }
    uint32_t result = wire_trust_directory(&trust, address.sun_path, reason);
    if (result != TBS_SUCCESS)
        return result;

    int connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection < 0) {
        wire_explain(reason, "cannot make a socket: %s", strerror(errno));
        return TBS_E_INTERNAL_ERROR;
    }
    limit_waiting(connection, options->silence_limit_ms);
    int outcome;
    do {
        outcome = connect(connection, (struct sockaddr *)&address, sizeof(address));
    } while (outcome != 0 && errno == EINTR);
    result = outcome == 0 ? wire_trust_peer(&trust, connection, reason)
                          : refuse_to_connect(address.sun_path, errno, reason);
    if (result != TBS_SUCCESS) {
        close(connection);
        return result;
    }
    *fd = connection;
    return TBS_SUCCESS;
}
