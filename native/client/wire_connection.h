/* The inside of a connection, shared by wire_client.c (opening, sending) and wire_requests.c (waiting, reading). */
#ifndef TPMTBS_WIRE_CONNECTION_H
#define TPMTBS_WIRE_CONNECTION_H

#include "wire_client.h"

struct wire_client {
    int fd;
    pthread_mutex_t lock;    /* guards what follows, down to `broken` */
    struct wire_request *requests;
    uint32_t last_id;
    bool somebody_reads;     /* that thread alone uses fd for reading, and `received` */
    bool broken;
    pthread_mutex_t sending; /* one frame at a time */

    uint8_t *received;
    size_t received_bytes;
    size_t received_start;
};

/* Under the lock: gives the request an id and puts it among those that wait for a response. */
void wire_enlist(struct wire_client *client, struct wire_request *request);

#endif
