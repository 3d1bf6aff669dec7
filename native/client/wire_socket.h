/* Finds the broker's socket and checks that the broker listens there. */
#ifndef TPMTBS_WIRE_SOCKET_H
#define TPMTBS_WIRE_SOCKET_H

#include <stdint.h>

#include "wire_options.h"
#include "wire_reason.h"

/*
 * Connects to the wire socket: the one in the options, else that of the user's own broker if it exists
 * ($XDG_RUNTIME_DIR/tpmtbs/wire.sock), else the system's (/run/tpmtbs/wire.sock). wire_trust.h says who may listen
 * there.
 *
 * Returns TBS_SUCCESS with a descriptor, TBS_E_SERVICE_NOT_RUNNING if no process listens or accepts in time,
 * TBS_E_ACCESS_DENIED if the listener is not trusted or the user may not connect, TBS_E_BAD_PARAMETER if the path is
 * too long, TBS_E_INTERNAL_ERROR when out of descriptors or memory. `reason` may be NULL.
 */
uint32_t wire_socket_connect(const struct wire_options *options, int *fd, struct wire_reason *reason);

#endif
