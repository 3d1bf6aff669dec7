/* Finding the broker's socket and making sure that it is the broker's. */
#ifndef TPMTBS_WIRE_SOCKET_H
#define TPMTBS_WIRE_SOCKET_H

#include <stdint.h>

#include "wire_options.h"
#include "wire_reason.h"

/*
 * Connects to the wire socket: the one that the options name, or the user's own broker's where it exists
 * ($XDG_RUNTIME_DIR/tpmtbs/wire.sock), or the system's (/run/tpmtbs/wire.sock). Who may listen there: wire_trust.h.
 *
 * Returns TBS_SUCCESS with a descriptor, TBS_E_SERVICE_NOT_RUNNING when nobody listens or accepts in time,
 * TBS_E_ACCESS_DENIED when somebody does who should not or the user may not connect, TBS_E_BAD_PARAMETER when the path is
 * too long, TBS_E_INTERNAL_ERROR when descriptors or memory are used up. `reason` may be NULL.
 */
uint32_t wire_socket_connect(const struct wire_options *options, int *fd, struct wire_reason *reason);

#endif
