#define _GNU_SOURCE
#include "wire_trust.h"

#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tbs_results.h"

#ifndef TPMTBS_BROKER_USER
#define TPMTBS_BROKER_USER "tpmtbs"
#endif
#ifndef TPMTBS_SYSTEM_SOCKET
#define TPMTBS_SYSTEM_SOCKET "/run/tpmtbs/wire.sock"
#endif

#define DEFAULT_OVERFLOW_UID 65534u
#define USER_IDS 4294967295u

const char wire_system_socket[] = TPMTBS_SYSTEM_SOCKET;

static bool is_broker_user(uid_t uid)
{
    struct passwd entry;
    struct passwd *found = NULL;
    char names[4096];
    return getpwnam_r(TPMTBS_BROKER_USER, &entry, names, sizeof(names), &found) == 0 && found != NULL &&
           found->pw_uid == uid;
}

static uid_t overflow_uid(void)
{
    unsigned uid = DEFAULT_OVERFLOW_UID;
    FILE *file = fopen("/proc/sys/kernel/overflowuid", "re");
    if (file == NULL)
        return uid;
    if (fscanf(file, "%u", &uid) != 1)
        uid = DEFAULT_OVERFLOW_UID;
    fclose(file);
    return uid;
}

/* Whether this process's user namespace maps every user, as the machine's initial namespace does. Without /proc, assume
 * the initial namespace: the overflow user is then an ordinary user, and trusted only if another rule says so. */
static bool namespace_maps_every_user(void)
{
    unsigned inside, outside, count;
    FILE *file = fopen("/proc/self/uid_map", "re");
    if (file == NULL)
        return true;
    uint64_t mapped = 0;
    while (fscanf(file, "%u %u %u", &inside, &outside, &count) == 3)
        mapped += count;
    fclose(file);
    return mapped >= USER_IDS;
}

/* Whether `uid` is the overflow user and stands for users that the namespace does not map. */
static bool is_unmapped(uid_t uid)
{
    return uid == overflow_uid() && !namespace_maps_every_user();
}

static bool is_trusted(const struct wire_trust *trust, uid_t uid)
{
    if (uid == 0 || uid == trust->broker_uid)
        return true;
    if (is_unmapped(uid))
        return trust->unmapped_users;
    return uid == geteuid() || is_broker_user(uid);
}

/* In a directory that others can write to, they can put a socket of their own. A sticky directory is accepted: there,
 * the check of the peer decides. */
static bool is_writable_by_others(const struct stat *status)
{
    return (status->st_mode & (S_IWGRP | S_IWOTH)) != 0 && (status->st_mode & S_ISVTX) == 0;
}

/* Copies the directory part of a path. Returns false if it does not fit. */
static bool directory_of(const char *path, char *directory, size_t size)
{
    const char *slash = strrchr(path, '/');
    size_t length = slash == NULL ? 1 : slash == path ? 1 : (size_t)(slash - path);
    if (length >= size)
        return false;
    memcpy(directory, slash == NULL ? "." : path, length);
    directory[length] = '\0';
    return true;
}

/* The parent must not be writable by others either, sticky or not: anyone could then create the directory. */
static bool only_who_set_up_the_system_made(const char *directory)
{
    char parent[PATH_MAX];
    struct stat status;
    return directory_of(directory, parent, sizeof(parent)) && stat(parent, &status) == 0 &&
           (status.st_mode & (S_IWGRP | S_IWOTH)) == 0 &&
           (status.st_uid == 0 || status.st_uid == geteuid() || is_unmapped(status.st_uid));
}

/* `whose` begins the sentence that ends with the user, for instance "the folder /tmp/x belongs to". */
static uint32_t refuse(uid_t uid, const char *whose, struct wire_reason *reason)
{
    if (is_unmapped(uid))
        wire_explain(reason,
                     "%s user %u, which in this user namespace (a rootless container) stands for every user of the host; "
                     "if that is the host's broker, set TPMTBS_BROKER_UID=%u, or have its socket at %s",
                     whose, (unsigned)uid, (unsigned)uid, wire_system_socket);
    else
        wire_explain(reason,
                     "%s user %u, who is neither root, nor you, nor %s, the broker's user, and could read what you send",
                     whose, (unsigned)uid, TPMTBS_BROKER_USER);
    return TBS_E_ACCESS_DENIED;
}

uint32_t wire_trust_directory(struct wire_trust *trust, const char *path, struct wire_reason *reason)
{
    char directory[PATH_MAX];
    struct stat status;
    if (!directory_of(path, directory, sizeof(directory)))
        return TBS_E_BAD_PARAMETER;
    if (stat(directory, &status) != 0) {
        int error = errno;
        wire_explain(reason, "cannot look at the folder %s: %s", directory, strerror(error));
        return error == EACCES ? TBS_E_ACCESS_DENIED : TBS_E_SERVICE_NOT_RUNNING;
    }
    char whose[PATH_MAX + 64];
    snprintf(whose, sizeof(whose), "the folder %s belongs to", directory);
    trust->unmapped_users = strcmp(path, wire_system_socket) == 0 && is_unmapped(status.st_uid) &&
                            only_who_set_up_the_system_made(directory);
    if (!is_trusted(trust, status.st_uid))
        return refuse(status.st_uid, whose, reason);
    if (is_writable_by_others(&status)) {
        wire_explain(reason, "others can write to the folder %s, and put a socket of their own there", directory);
        return TBS_E_ACCESS_DENIED;
    }
    return TBS_SUCCESS;
}

uint32_t wire_trust_peer(const struct wire_trust *trust, int fd, struct wire_reason *reason)
{
    struct ucred peer;
    socklen_t length = sizeof(peer);
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) {
        wire_explain(reason, "the kernel does not say who listens: %s", strerror(errno));
        return TBS_E_ACCESS_DENIED;
    }
    return is_trusted(trust, peer.uid) ? TBS_SUCCESS : refuse(peer.uid, "the process that listens runs as", reason);
}
