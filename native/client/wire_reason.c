#include "wire_reason.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

void wire_explain(struct wire_reason *reason, const char *format, ...)
{
    if (reason == NULL)
        return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reason->text, sizeof(reason->text), format, arguments);
    va_end(arguments);
}
