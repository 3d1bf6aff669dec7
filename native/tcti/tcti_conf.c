#include "tcti_conf.h"

#include <stddef.h>
#include <string.h>

static const struct {
    const char *name;
    uint32_t priority;
} priorities[] = {{"low", 100}, {"normal", 200}, {"high", 300}, {"system", 400}};

static bool is_text(const char *text, size_t length, const char *expected)
{
    return strlen(expected) == length && memcmp(text, expected, length) == 0;
}

static bool parse_priority(const char *value, size_t length, struct tcti_conf *parsed)
{
    for (size_t i = 0; i < sizeof(priorities) / sizeof(priorities[0]); i++) {
        if (is_text(value, length, priorities[i].name)) {
            parsed->priority = priorities[i].priority;
            return true;
        }
    }
    return false;
}

/* Only 0 to 3: locality 4 is reserved for the hardware. */
static bool parse_locality(const char *value, size_t length, struct tcti_conf *parsed)
{
    if (length != 1 || value[0] < '0' || value[0] > '3')
        return false;
    parsed->locality = (uint8_t)(value[0] - '0');
    return true;
}

static bool parse_socket(const char *value, size_t length, struct tcti_conf *parsed)
{
    if (length == 0 || length >= sizeof(parsed->connection.socket_path))
        return false;
    memcpy(parsed->connection.socket_path, value, length);
    parsed->connection.socket_path[length] = '\0';
    return true;
}

static bool parse_setting(const char *setting, size_t length, struct tcti_conf *parsed)
{
    const char *equals = memchr(setting, '=', length);
    if (equals == NULL)
        return false;
    size_t name_length = (size_t)(equals - setting);
    const char *value = equals + 1;
    size_t value_length = length - name_length - 1;
    if (is_text(setting, name_length, "priority"))
        return parse_priority(value, value_length, parsed);
    if (is_text(setting, name_length, "locality"))
        return parse_locality(value, value_length, parsed);
    if (is_text(setting, name_length, "socket"))
        return parse_socket(value, value_length, parsed);
    if (is_text(setting, name_length, "timeout"))
        return wire_parse_seconds(value, value_length, &parsed->connection.silence_limit_ms);
    if (is_text(setting, name_length, "broker-uid"))
        return wire_parse_uid(value, value_length, &parsed->connection.broker_uid);
    return false;
}

bool tcti_conf_parse(const char *conf, struct tcti_conf *parsed, struct wire_reason *problem)
{
    const char *variable;
    *parsed = (struct tcti_conf){.priority = 200};
    if (!wire_options_from_environment(&parsed->connection, &variable)) {
        wire_explain(problem, "the environment variable %s has a value that it cannot have", variable);
        return false;
    }
    parsed->connection.wants_reasons = true;
    if (conf == NULL || conf[0] == '\0')
        return true;
    for (;;) {
        size_t length = strcspn(conf, ",");
        if (!parse_setting(conf, length, parsed)) {
            wire_explain(problem, "the configuration has an unknown setting or value: \"%.*s\"", (int)length, conf);
            return false;
        }
        if (conf[length] == '\0')
            return true;
        conf += length + 1;
    }
}
