/* Who may run the broker that this process speaks to. */
#ifndef TPMTBS_WIRE_TRUST_H
#define TPMTBS_WIRE_TRUST_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "wire_reason.h"

/* Where the system's broker listens. */
extern const char wire_system_socket[];

struct wire_trust {
    /* A user whom the program or its environment names; WIRE_NO_UID: none. */
    uid_t broker_uid;
    /* The users whom this user namespace does not know may run the broker: see wire_trust_directory. */
    bool unmapped_users;
};

/*
 * Whether nobody but a trusted user can have put a socket at `path`: its directory belongs to root, to this user, to the
 * broker's user (TPMTBS_BROKER_USER at build time) or to `broker_uid`, and others cannot write to it unless it is sticky.
 *
 * In a user namespace (a rootless container) the kernel shows every user of the host that the namespace does not map as
 * the overflow user, 65534: root and the broker's user look like any other. There, `broker_uid` names it, or the
 * directory of the system's socket is itself the proof: only root of the host, or who set the container up, can have
 * made or mounted it, when its parent directory is not writable by others either.
 */
uint32_t wire_trust_directory(struct wire_trust *trust, const char *path, struct wire_reason *reason);

/* Whether the process that listens at the other end of a connection is the broker's. */
uint32_t wire_trust_peer(const struct wire_trust *trust, int fd, struct wire_reason *reason);

#endif
