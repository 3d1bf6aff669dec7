/* Decides who may run the broker that this process connects to. */
#ifndef TPMTBS_WIRE_TRUST_H
#define TPMTBS_WIRE_TRUST_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "wire_reason.h"

/* The socket of the system's broker. */
extern const char wire_system_socket[];

struct wire_trust {
    /* A user named by the program or its environment; WIRE_NO_UID if none. */
    uid_t broker_uid;
    /* Whether users that this user namespace does not map may run the broker: see wire_trust_directory. */
    bool unmapped_users;
};

/*
 * Checks that only a trusted user can have created a socket at `path`: its directory belongs to root, this user, the
 * broker's user (TPMTBS_BROKER_USER at build time) or `broker_uid`, and others cannot write to it unless it is sticky.
 *
 * In a user namespace (a rootless container), the kernel shows every user of the host that the namespace does not map
 * as the overflow user, 65534, so root and the broker's user look like any other. There, `broker_uid` names the
 * broker's user, or else the directory of the system's socket is the proof: if its parent is not writable by others
 * either, only the host's root, or whoever set up the container, can have created or mounted it.
 */
uint32_t wire_trust_directory(struct wire_trust *trust, const char *path, struct wire_reason *reason);

/* Checks that a trusted user runs the process that listens at the other end of a connection. */
uint32_t wire_trust_peer(const struct wire_trust *trust, int fd, struct wire_reason *reason);

#endif
