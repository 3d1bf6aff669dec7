#define _GNU_SOURCE
#include "tcti_log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MODULE "tcti"

static const char *const level_names[] = {"none", "ERROR", "WARNING", "info", "debug", "trace"};

static bool ends_with(const char *start, const char *end, const char *name)
{
    size_t length = strlen(name);
    return (size_t)(end - start) >= length && strncasecmp(end - length, name, length) == 0;
}

/* TSS2_LOG is a list of module+level, for this module or for all; the last matching entry decides. */
static enum tcti_log_level level_let_through(void)
{
    enum tcti_log_level chosen = TCTI_LOG_WARNING;
    const char *setting = getenv("TSS2_LOG");
    if (setting == NULL)
        return chosen;
    for (const char *plus = strchr(setting, '+'); plus != NULL; plus = strchr(plus + 1, '+')) {
        if (!ends_with(setting, plus, MODULE) && !ends_with(setting, plus, "all"))
            continue;
        for (size_t level = 0; level < sizeof(level_names) / sizeof(level_names[0]); level++)
            if (strncasecmp(plus + 1, level_names[level], strlen(level_names[level])) == 0)
                chosen = (enum tcti_log_level)level;
    }
    return chosen;
}

/* Opens the file of TSS2_LOGFILE for each message, because messages are rare and the file then need not stay open. */
static FILE *open_log_file(bool *opened)
{
    *opened = false;
    const char *name = secure_getenv("TSS2_LOGFILE");
    if (name == NULL || strcasecmp(name, "stderr") == 0)
        return stderr;
    if (strcmp(name, "-") == 0 || strcasecmp(name, "stdout") == 0)
        return stdout;
    FILE *file = fopen(name, "ae");
    *opened = file != NULL;
    return file != NULL ? file : stderr;
}

/* The reason of a refusal has at most 1024 bytes (docs/wire-protocol.md). */
#define MOST_TEXT 1280

void tcti_log(enum tcti_log_level level, const char *path, int line, const char *function, const char *format, ...)
{
    if (level > level_let_through())
        return;
    char text[MOST_TEXT];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    bool opened;
    FILE *file = open_log_file(&opened);
    const char *slash = strrchr(path, '/');
    const char *name = slash == NULL ? path : slash + 1;
    fprintf(file, "%s:" MODULE ":%s:%d:%s() %s\n", level_names[level], name, line, function, text);
    fflush(file);
    if (opened)
        fclose(file);
}
