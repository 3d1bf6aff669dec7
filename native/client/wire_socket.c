#define _GNU_SOURCE
#include "wire_socket.h"

#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "tbs_results.h"

#ifndef TPMTBS_BROKER_USER
#define TPMTBS_BROKER_USER "tpmtbs"
#endif
#ifndef TPMTBS_SYSTEM_SOCKET
#define TPMTBS_SYSTEM_SOCKET "/run/tpmtbs/wire.sock"
#endif

static bool is_broker_user(uid_t uid)
{
    struct passwd entry;
    struct passwd *found = NULL;
    char names[4096];
    return getpwnam_r(TPMTBS_BROKER_USER, &entry, names, sizeof(names), &found) == 0 && found != NULL &&
           found->pw_uid == uid;
}

static bool is_trusted(uid_t uid)
{
    return uid == 0 || uid == geteuid() || is_broker_user(uid);
}

/* Gives false when the path would not fit. */
static bool find_socket(char *path, size_t size)
{
    const char *chosen = secure_getenv("TPMTBS_WIRE_SOCKET");
    if (chosen != NULL && chosen[0] != '\0') {
        int length = snprintf(path, size, "%s", chosen);
        return length >= 0 && (size_t)length < size;
    }
    const char *runtime = secure_getenv("XDG_RUNTIME_DIR");
    if (runtime != NULL && runtime[0] == '/') {
        int length = snprintf(path, size, "%s/tpmtbs/wire.sock", runtime);
        if (length >= 0 && (size_t)length < size && access(path, F_OK) == 0)
            return true;
    }
    int length = snprintf(path, size, "%s", TPMTBS_SYSTEM_SOCKET);
    return length >= 0 && (size_t)length < size;
}

/* A directory that others can write to is one in which they can put a socket of their own, unless it is sticky: there
 * the check of the peer decides. */
static uint32_t check_directory(const char *path)
{
    char directory[PATH_MAX];
    const char *slash = strrchr(path, '/');
    if (slash == NULL) {
        strcpy(directory, ".");
    } else {
        size_t length = slash == path ? 1 : (size_t)(slash - path);
        memcpy(directory, path, length);
        directory[length] = '\0';
    }
    struct stat status;
    if (stat(directory, &status) != 0)
        return errno == EACCES ? TBS_E_ACCESS_DENIED : TBS_E_SERVICE_NOT_RUNNING;
    if (!is_trusted(status.st_uid))
        return TBS_E_ACCESS_DENIED;
    if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0 && (status.st_mode & S_ISVTX) == 0)
        return TBS_E_ACCESS_DENIED;
    return TBS_SUCCESS;
}

static uint32_t check_peer(int fd)
{
    struct ucred peer;
    socklen_t length = sizeof(peer);
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0)
        return TBS_E_ACCESS_DENIED;
    return is_trusted(peer.uid) ? TBS_SUCCESS : TBS_E_ACCESS_DENIED;
}

static uint32_t result_of_connect(int error)
{
    switch (error) {
    case EACCES:
    case EPERM:
        return TBS_E_ACCESS_DENIED;
    default:
        return TBS_E_SERVICE_NOT_RUNNING;
    }
}

uint32_t wire_socket_connect(const char *path, int *fd)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (path == NULL) {
        if (!find_socket(address.sun_path, sizeof(address.sun_path)))
            return TBS_E_BAD_PARAMETER;
    } else {
        size_t length = strlen(path);
        if (length == 0 || length >= sizeof(address.sun_path))
            return TBS_E_BAD_PARAMETER;
        memcpy(address.sun_path, path, length + 1);
    }
    uint32_t result = check_directory(address.sun_path);
    if (result != TBS_SUCCESS)
        return result;

    int connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection < 0)
        return TBS_E_INTERNAL_ERROR;
    int outcome;
    do {
        outcome = connect(connection, (struct sockaddr *)&address, sizeof(address));
    } while (outcome != 0 && errno == EINTR);
    result = outcome == 0 ? check_peer(connection) : result_of_connect(errno);
    if (result != TBS_SUCCESS) {
        close(connection);
        return result;
    }
    *fd = connection;
    return TBS_SUCCESS;
}
