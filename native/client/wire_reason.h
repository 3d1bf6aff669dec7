/* The reason that a connection failed, as text for a log. */
#ifndef TPMTBS_WIRE_REASON_H
#define TPMTBS_WIRE_REASON_H

struct wire_reason {
    char text[512];
};

/* Does nothing when `reason` is NULL. */
__attribute__((format(printf, 2, 3))) void wire_explain(struct wire_reason *reason, const char *format, ...);

#endif
