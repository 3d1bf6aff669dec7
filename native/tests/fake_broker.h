/*
 * A broker for tests, in a thread of the test process. It speaks the wire protocol and behaves as the command code of
 * each submission requests.
 */
#ifndef TPMTBS_FAKE_BROKER_H
#define TPMTBS_FAKE_BROKER_H

#include <stdbool.h>
#include <stdint.h>

enum fake_command {
    FAKE_ECHO = 0x17b,          /* returns the command's own bytes */
    FAKE_HOLD = 0xf001,         /* gets a response only when it is cancelled */
    FAKE_LARGE = 0xf002,        /* a response of 4096 bytes */
    FAKE_SLOW = 0xf003,         /* gets a response after 100 ms; other requests are served meanwhile */
    FAKE_HANG_UP = 0xf004,      /* the connection closes */
    FAKE_BLOCKED = 0xf005,      /* refused: TPM_E_COMMAND_BLOCKED */
    FAKE_GARBAGE = 0xf006,      /* returns bytes that are not a frame */
    FAKE_SHORT = 0xf007,        /* a response without its fields */
    FAKE_IN_PIECES = 0xf008,    /* echo, sent byte by byte */
    FAKE_NO_CONTEXT = 0xf009,   /* TBS_E_INVALID_CONTEXT, without a response */
    FAKE_LONG = 0xf00a,         /* gets a response after FAKE_LONG_MS */
};

#define FAKE_LONG_MS 2000
#define FAKE_MOST_UNDER_WAY 64u
#define FAKE_LOG_BYTES 150000u
#define FAKE_LARGE_BYTES 4096u
#define FAKE_MAX_COMMAND_BYTES 4096u

/* Starts the broker and sets TPMTBS_WIRE_SOCKET to its socket. */
void fake_broker_start(void);

/* Ends every connection and stops the broker. */
void fake_broker_stop(void);

const char *fake_broker_path(void);

/* Returns the number of open contexts. */
unsigned fake_broker_contexts(void);

/* Return the priority and locality of the last submission. */
uint32_t fake_broker_last_priority(void);
uint32_t fake_broker_last_locality(void);

/* From now on it speaks version 1 of the protocol only, as brokers did that gave no reasons; false ends that. */
void fake_broker_give_no_reasons(bool none);

/* The reason that it gives for FAKE_BLOCKED. */
void fake_broker_set_reason(const char *reason);

/* From now on, sends every new connection this result for the connection as a whole and closes it; 0 stops that. */
void fake_broker_refuse_connections(uint32_t result);

/* With true, accepts, reads and answers nothing from now on, like a stopped process; false continues. */
void fake_broker_be_silent(bool silent);

/* Returns the number of PINGs that it has answered. */
unsigned fake_broker_pings(void);

#endif
