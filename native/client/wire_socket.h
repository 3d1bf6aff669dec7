/* Finding the broker's socket and making sure that it is the broker's. */
#ifndef TPMTBS_WIRE_SOCKET_H
#define TPMTBS_WIRE_SOCKET_H

#include <stdint.h>

/*
 * Connects to the wire socket: `path`, or with NULL the one of TPMTBS_WIRE_SOCKET, of the user's own broker where it
 * exists ($XDG_RUNTIME_DIR/tpmtbs/wire.sock), or of the system's (/run/tpmtbs/wire.sock). Programs that run with more
 * rights than their user do not look at the environment.
 *
 * The socket's directory and the process that listens must belong to root, to this user or to the broker's user
 * (TPMTBS_BROKER_USER at build time), and nobody else may be able to write to the directory.
 *
 * Returns TBS_SUCCESS with a descriptor, TBS_E_SERVICE_NOT_RUNNING when nobody listens, TBS_E_ACCESS_DENIED when
 * somebody does who should not or the user may not connect, TBS_E_BAD_PARAMETER when the path is too long,
 * TBS_E_INTERNAL_ERROR when descriptors or memory are used up.
 */
uint32_t wire_socket_connect(const char *path, int *fd);

#endif
