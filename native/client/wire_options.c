#define _GNU_SOURCE
#include "wire_options.h"

#include <stdlib.h>
#include <string.h>

static bool is_digit(char character)
{
    return character >= '0' && character <= '9';
}

/* Not strtod: its decimal point depends on the program's locale. */
bool wire_parse_seconds(const char *text, size_t length, int *milliseconds)
{
    long whole = 0;
    size_t at = 0;
    for (; at < length && is_digit(text[at]); at++) {
        whole = whole * 10 + (text[at] - '0');
        if (whole > WIRE_LONGEST_SILENCE_SECONDS)
            return false;
    }
    if (at == 0)
        return false;
    long thousandths = 0;
    if (at < length) {
        if (text[at] != '.' || length - at < 2 || length - at > 4)
            return false;
        long place = 100;
        for (at++; at < length; at++, place /= 10) {
            if (!is_digit(text[at]))
                return false;
            thousandths += (text[at] - '0') * place;
        }
    }
    *milliseconds = (int)(whole * 1000 + thousandths);
    return true;
}

bool wire_parse_uid(const char *text, size_t length, uid_t *uid)
{
    uint64_t value = 0;
    if (length == 0 || length > 10)
        return false;
    for (size_t at = 0; at < length; at++) {
        if (!is_digit(text[at]))
            return false;
        value = value * 10 + (uint64_t)(text[at] - '0');
    }
    /* (uid_t)-1 is not a user. */
    if (value >= UINT32_MAX)
        return false;
    *uid = (uid_t)value;
    return true;
}

/* Returns NULL if the variable is unset or empty. */
static const char *variable(const char *name)
{
    const char *value = secure_getenv(name);
    return value == NULL || value[0] == '\0' ? NULL : value;
}

static bool refuse(const char *name, const char **problem)
{
    if (problem != NULL)
        *problem = name;
    return false;
}

bool wire_options_from_environment(struct wire_options *options, const char **problem)
{
    *options = (struct wire_options){.silence_limit_ms = WIRE_DEFAULT_SILENCE_MS, .broker_uid = WIRE_NO_UID};
    const char *value = variable("TPMTBS_WIRE_SOCKET");
    if (value != NULL) {
        size_t length = strlen(value);
        if (length >= sizeof(options->socket_path))
            return refuse("TPMTBS_WIRE_SOCKET", problem);
        memcpy(options->socket_path, value, length + 1);
    }
    value = variable("TPMTBS_BROKER_TIMEOUT");
    if (value != NULL && !wire_parse_seconds(value, strlen(value), &options->silence_limit_ms))
        return refuse("TPMTBS_BROKER_TIMEOUT", problem);
    value = variable("TPMTBS_BROKER_UID");
    if (value != NULL && !wire_parse_uid(value, strlen(value), &options->broker_uid))
        return refuse("TPMTBS_BROKER_UID", problem);
    return true;
}
