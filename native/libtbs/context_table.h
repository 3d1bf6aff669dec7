/*
 * Handles of contexts. A TBS_HCONTEXT is an index with a generation instead of a pointer, so that a closed handle is
 * recognized, even while another thread still uses its context.
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

/*
 * Takes ownership of the context and returns its handle; NULL when out of memory (the caller then still owns the
 * context).
 */
void *context_table_add(struct tbs_context *context);

/* Returns the context of a handle and keeps it alive until context_table_release; NULL if the handle is not open. */
struct tbs_context *context_table_use(void *handle);

/*
 * Closes the handle and returns its context as a reference that the caller must release; NULL if the handle is not
 * open. The last release frees the context.
 */
struct tbs_context *context_table_remove(void *handle);

void context_table_release(struct tbs_context *context);

#endif
