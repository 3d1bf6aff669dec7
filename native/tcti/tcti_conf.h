/* The TCTI's configuration string. */
#ifndef TPMTBS_TCTI_CONF_H
#define TPMTBS_TCTI_CONF_H

#include <stdbool.h>
#include <stdint.h>

struct tcti_conf {
    char socket_path[108]; /* empty: found as wire_socket_connect does */
    uint32_t priority;
    uint8_t locality;
};

/* Gives false on an unknown setting or value; `conf` may be NULL. */
bool tcti_conf_parse(const char *conf, struct tcti_conf *parsed);

#endif
