/*
 * Handles of contexts. A TBS_HCONTEXT is a number with a generation, not a pointer, so that a handle that was closed is
 * recognized, also while another thread still uses its context.
 */
#ifndef TPMTBS_CONTEXT_TABLE_H
#define TPMTBS_CONTEXT_TABLE_H

#include <stdint.h>

#include "wire_client.h"

struct tbs_context {
    struct wire_client *client;
    uint32_t wire_context;
    uint32_t max_command_bytes;
    /* For the table. */
    unsigned users;
};

/* Takes the context over; gives its handle, or NULL when memory is used up (the context stays the caller's). */
void *context_table_add(struct tbs_context *context);

/* The context of a handle, kept alive until context_table_release; NULL when the handle is not open. */
struct tbs_context *context_table_use(void *handle);

/* Closes the handle: the last user frees the context. The caller gets it as a user; NULL when it is not open. */
struct tbs_context *context_table_remove(void *handle);

void context_table_release(struct tbs_context *context);

#endif
