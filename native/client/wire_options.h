/* How a connection to the broker is made: what a program, its configuration or its environment may choose. */
#ifndef TPMTBS_WIRE_OPTIONS_H
#define TPMTBS_WIRE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define WIRE_DEFAULT_SILENCE_MS 30000
#define WIRE_LONGEST_SILENCE_SECONDS 86400

/* No further user may run the broker. */
#define WIRE_NO_UID ((uid_t)-1)

struct wire_options {
    /* Empty: the user's own broker where it exists, otherwise the system's. */
    char socket_path[108];
    /* A broker without a sign of life for so long is given up; 0: never. */
    int silence_limit_ms;
    /* A user who may run the broker beside root, this user and the broker's own user; WIRE_NO_UID: none. */
    uid_t broker_uid;
};

/*
 * The options that the environment sets: TPMTBS_WIRE_SOCKET, TPMTBS_BROKER_TIMEOUT, TPMTBS_BROKER_UID. Programs that run
 * with more rights than their user do not look at it. Gives false when a value makes no sense; `problem` (may be NULL)
 * then points at its variable's name.
 */
bool wire_options_from_environment(struct wire_options *options, const char **problem);

/* Reads `length` characters: seconds with up to three decimals, 0 to WIRE_LONGEST_SILENCE_SECONDS. */
bool wire_parse_seconds(const char *text, size_t length, int *milliseconds);

/* Reads `length` decimal digits. */
bool wire_parse_uid(const char *text, size_t length, uid_t *uid);

#endif
