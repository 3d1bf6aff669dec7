#define _GNU_SOURCE
#include "context_table.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#define INDEX_BITS 16
#define MAX_SLOTS ((1u << INDEX_BITS) - 1)

struct slot {
    struct tbs_context *context;
    /*
     * Counts the contexts that have used this slot, so that a handle of an earlier one does not name the current one.
     */
    uintptr_t generation;
};

static pthread_mutex_t table_lock = PTHREAD_MUTEX_INITIALIZER;
static struct slot *slots;
static size_t slot_count;
static pthread_once_t handlers_once = PTHREAD_ONCE_INIT;
static bool has_handlers;

static void lock_table(void)
{
    pthread_mutex_lock(&table_lock);
}

static void unlock_table(void)
{
    pthread_mutex_unlock(&table_lock);
}

/*
 * A fork must not leave the lock held in the child, which has no thread to release it. The child keeps the handles,
 * but only the parent can use their contexts (wire_fork.c).
 */
static void set_handlers(void)
{
    has_handlers = pthread_atfork(lock_table, unlock_table, unlock_table) == 0;
}

/* The index starts at 1, so that a handle is never NULL. */
static void *handle_of(size_t index, uintptr_t generation)
{
    return (void *)(generation << INDEX_BITS | (index + 1));
}

/* Under the lock. */
static struct slot *find_slot(void *handle)
{
    uintptr_t value = (uintptr_t)handle;
    size_t index = value & MAX_SLOTS;
    if (index == 0 || index > slot_count)
        return NULL;
    struct slot *slot = &slots[index - 1];
    return slot->context != NULL && handle_of(index - 1, slot->generation) == handle ? slot : NULL;
}

/* Under the lock. */
static struct slot *free_slot(void)
{
    for (size_t index = 0; index < slot_count; index++)
        if (slots[index].context == NULL)
            return &slots[index];
    if (slot_count == MAX_SLOTS)
        return NULL;
    size_t grown_count = slot_count == 0 ? 8 : slot_count * 2;
    if (grown_count > MAX_SLOTS)
        grown_count = MAX_SLOTS;
    struct slot *grown = realloc(slots, grown_count * sizeof(*grown));
    if (grown == NULL)
        return NULL;
    for (size_t index = slot_count; index < grown_count; index++)
        grown[index] = (struct slot){.context = NULL, .generation = 0};
    slots = grown;
    struct slot *first = &slots[slot_count];
    slot_count = grown_count;
    return first;
}

void *context_table_add(struct tbs_context *context)
{
    void *handle = NULL;
    pthread_once(&handlers_once, set_handlers);
    if (!has_handlers)
        return NULL;
    pthread_mutex_lock(&table_lock);
    struct slot *slot = free_slot();
    if (slot != NULL) {
        slot->context = context;
        slot->generation++;
        context->users = 1; /* the table itself */
        handle = handle_of((size_t)(slot - slots), slot->generation);
    }
    pthread_mutex_unlock(&table_lock);
    return handle;
}

struct tbs_context *context_table_use(void *handle)
{
    struct tbs_context *context = NULL;
    pthread_mutex_lock(&table_lock);
    struct slot *slot = find_slot(handle);
    if (slot != NULL) {
        context = slot->context;
        context->users++;
    }
    pthread_mutex_unlock(&table_lock);
    return context;
}

struct tbs_context *context_table_remove(void *handle)
{
    struct tbs_context *context = NULL;
    pthread_mutex_lock(&table_lock);
    struct slot *slot = find_slot(handle);
    if (slot != NULL) {
        context = slot->context; /* the table's reference passes to the caller */
        slot->context = NULL;
    }
    pthread_mutex_unlock(&table_lock);
    return context;
}

void context_table_release(struct tbs_context *context)
{
    pthread_mutex_lock(&table_lock);
    bool last = --context->users == 0;
    pthread_mutex_unlock(&table_lock);
    if (!last)
        return;
    wire_client_free(context->client);
    free(context);
}

/*
 * Leaves nothing for leak checkers to find when the library is unloaded. Contexts that are still open are not freed,
 * because other threads may be using them; the end of the process closes their connections.
 */
__attribute__((destructor)) static void free_table(void)
{
    bool in_use = false;
    pthread_mutex_lock(&table_lock);
    for (size_t index = 0; index < slot_count; index++)
        in_use = in_use || slots[index].context != NULL;
    if (!in_use) {
        free(slots);
        slots = NULL;
        slot_count = 0;
    }
    pthread_mutex_unlock(&table_lock);
}
