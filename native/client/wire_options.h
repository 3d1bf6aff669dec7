/* Options for connecting to the broker, from a program, its configuration or its environment. */
#ifndef TPMTBS_WIRE_OPTIONS_H
#define TPMTBS_WIRE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define WIRE_DEFAULT_SILENCE_MS 30000
#define WIRE_LONGEST_SILENCE_SECONDS 86400

/* No additional user may run the broker. */
#define WIRE_NO_UID ((uid_t)-1)

struct wire_options {
    /* If empty: the socket of the user's own broker if it exists, otherwise the system's. */
    char socket_path[108];
    /* How long the broker may stay silent; 0 means no limit. */
    int silence_limit_ms;
    /* A user who may run the broker besides root, this user and the broker's own user; WIRE_NO_UID if none. */
    uid_t broker_uid;
    /* The program shows why a command was refused. Otherwise it is not asked for: version 1 of the protocol is spoken. */
    bool wants_reasons;
};

/*
 * Reads the options from the environment: TPMTBS_WIRE_SOCKET, TPMTBS_BROKER_TIMEOUT, TPMTBS_BROKER_UID. Programs that
 * run with more privileges than their user ignore it (secure_getenv). Returns false if a value is invalid; `problem`,
 * which may be NULL, then points to the name of the variable.
 */
bool wire_options_from_environment(struct wire_options *options, const char **problem);

/* Parses `length` characters: seconds with up to three decimals, 0 to WIRE_LONGEST_SILENCE_SECONDS. */
bool wire_parse_seconds(const char *text, size_t length, int *milliseconds);

/* Parses `length` decimal digits. */
bool wire_parse_uid(const char *text, size_t length, uid_t *uid);

#endif
