/*
 * After a fork, the child shares its parent's connections, but can neither tell the responses apart nor use locks that
 * threads of the parent held. So the fork handler closes the child's copies of the descriptors, which leaves the
 * parent's connections open, and every call of the child on such a connection fails.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <unistd.h>

#include "wire_connection.h"

static pthread_mutex_t clients_lock = PTHREAD_MUTEX_INITIALIZER;
static struct wire_client *clients;
static pthread_once_t handlers_once = PTHREAD_ONCE_INIT;
static bool has_handlers;

static void before_fork(void)
{
    pthread_mutex_lock(&clients_lock);
}

static void in_parent(void)
{
    pthread_mutex_unlock(&clients_lock);
}

static void in_child(void)
{
    for (struct wire_client *client = clients; client != NULL; client = client->next) {
        if (client->inherited)
            continue;
        close(client->fd);
        client->fd = -1;
        client->inherited = true;
    }
    pthread_mutex_unlock(&clients_lock);
}

static void set_handlers(void)
{
    has_handlers = pthread_atfork(before_fork, in_parent, in_child) == 0;
}

bool wire_fork_join(struct wire_client *client)
{
    pthread_once(&handlers_once, set_handlers);
    if (!has_handlers)
        return false;
    pthread_mutex_lock(&clients_lock);
    client->next = clients;
    clients = client;
    pthread_mutex_unlock(&clients_lock);
    return true;
}

void wire_fork_leave(struct wire_client *client)
{
    pthread_mutex_lock(&clients_lock);
    struct wire_client **link = &clients;
    while (*link != NULL && *link != client)
        link = &(*link)->next;
    if (*link != NULL)
        *link = client->next;
    pthread_mutex_unlock(&clients_lock);
}
