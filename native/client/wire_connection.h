/*
 * The internals of a connection, shared by wire_client.c (opening, sending), wire_requests.c (waiting, reading),
 * wire_silence.c (detecting a silent broker) and wire_fork.c (handling fork).
 */
#ifndef TPMTBS_WIRE_CONNECTION_H
#define TPMTBS_WIRE_CONNECTION_H

#include <time.h>

#include "wire_client.h"

struct wire_client {
    int fd;                  /* -1 in the child after a fork */
    bool inherited;          /* opened by the parent before a fork: the client can only be freed */
    pthread_mutex_t lock;    /* guards the fields from here to `end` */
    struct wire_request *requests;
    uint32_t last_id;
    bool somebody_reads;     /* only that thread reads from fd and uses `received` */
    pthread_cond_t room;     /* signalled when `charged` falls */
    unsigned charged;        /* requests in progress that count towards the broker's limit */
    unsigned most_charged;
    int silence_limit_ms;    /* 0: no limit */
    unsigned silent_thirds;  /* thirds of the limit in silence; counted from the ping on */
    struct timespec third_ends;
    enum wire_end end;       /* WIRE_OPEN, or why the connection is broken */
    pthread_mutex_t sending; /* one frame at a time */

    uint8_t *received;
    size_t received_bytes;
    size_t received_start;

    struct wire_client *next; /* the next client of this process, for wire_fork.c */
};

/* Under the lock: gives the request an id and adds it to those that wait for a response. */
void wire_enlist(struct wire_client *client, struct wire_request *request);

/* Under the lock: ends the connection and fails every request in progress. */
void wire_break(struct wire_client *client, enum wire_end end);

struct timespec wire_time_after(int milliseconds);
bool wire_time_is_before(const struct timespec *left, const struct timespec *right);

/* Under the lock: restarts the silence limit, because the broker sent something or a first request is being sent. */
void wire_silence_restart(struct wire_client *client);

/* Under the lock, when there was nothing to read: pings a silent broker, or gives up when the limit has passed. */
void wire_silence_check(struct wire_client *client);

/* Sends a PING without waiting. Returns false if another thread is sending. */
bool wire_send_ping(struct wire_client *client, uint32_t id);

/* Adds a client to the connections of this process, or removes it. Returns false when out of memory. */
bool wire_fork_join(struct wire_client *client);
void wire_fork_leave(struct wire_client *client);

#endif
