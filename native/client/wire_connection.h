/*
 * The inside of a connection, shared by wire_client.c (opening, sending), wire_requests.c (waiting, reading),
 * wire_silence.c (a broker without a sign of life) and wire_fork.c (a process that forks).
 */
#ifndef TPMTBS_WIRE_CONNECTION_H
#define TPMTBS_WIRE_CONNECTION_H

#include <time.h>

#include "wire_client.h"

struct wire_client {
    int fd;                  /* -1 in the child of a fork */
    bool inherited;          /* opened by the process that this one was forked from; nothing else may be touched then */
    pthread_mutex_t lock;    /* guards what follows, down to `end` */
    struct wire_request *requests;
    uint32_t last_id;
    bool somebody_reads;     /* that thread alone uses fd for reading, and `received` */
    pthread_cond_t room;     /* `charged` has fallen */
    unsigned charged;        /* requests under way that count towards the broker's limit */
    unsigned most_charged;
    int silence_limit_ms;    /* 0: none */
    unsigned silent_thirds;  /* of the limit since the broker's last sign of life, counted once it is pinged */
    struct timespec third_ends;
    enum wire_end end;       /* WIRE_OPEN, or why the connection is broken */
    pthread_mutex_t sending; /* one frame at a time */

    uint8_t *received;
    size_t received_bytes;
    size_t received_start;

    struct wire_client *next; /* of this process, for wire_fork.c */
};

/* Under the lock: gives the request an id and puts it among those that wait for a response. */
void wire_enlist(struct wire_client *client, struct wire_request *request);

/* Under the lock: ends the connection; every request under way fails. */
void wire_break(struct wire_client *client, enum wire_end end);

struct timespec wire_time_after(int milliseconds);
bool wire_time_is_before(const struct timespec *left, const struct timespec *right);

/* Under the lock: the broker has shown a sign of life, or is only now asked for something. */
void wire_silence_restart(struct wire_client *client);

/* Under the lock: when nothing was to be read. Pings a silent broker, and gives it up when its limit has passed. */
void wire_silence_check(struct wire_client *client);

/* Sends a PING without waiting. Gives false when another thread is sending. */
bool wire_send_ping(struct wire_client *client, uint32_t id);

/* Joins and leaves the connections of this process. Gives false when memory is used up. */
bool wire_fork_join(struct wire_client *client);
void wire_fork_leave(struct wire_client *client);

#endif
