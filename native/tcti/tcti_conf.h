/* The TCTI's configuration string. */
#ifndef TPMTBS_TCTI_CONF_H
#define TPMTBS_TCTI_CONF_H

#include <stdbool.h>
#include <stdint.h>

#include "wire_options.h"
#include "wire_reason.h"

struct tcti_conf {
    struct wire_options connection;
    uint32_t priority;
    uint8_t locality;
};

/*
 * Reads the options from the environment and overrides them with those in `conf`, which may be NULL. Returns false
 * for an unknown setting or an invalid value, which `problem` then names.
 */
bool tcti_conf_parse(const char *conf, struct tcti_conf *parsed, struct wire_reason *problem);

#endif
