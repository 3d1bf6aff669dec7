/*
 * One caller of the fairness benchmark:
 *
 *   fairness-client <tcti> <keygen|random|ephemeral> <milliseconds> <pause in milliseconds>
 *
 * keygen: RSA 2048 primary keys in the owner hierarchy, from eight templates in turn: on one TPM each template always
 * costs the same. random: TPM2_GetRandom of 8 bytes. ephemeral: TPM2_EC_Ephemeral on P-256.
 * Says "ready", waits for a line on its standard input, runs, and prints one line of JSON with latencies in microseconds.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <tss2/tss2_tcti.h>
#include <tss2/tss2_tctildr.h>

#define MAX_SAMPLES 1000000
#define TEMPLATES 8

static uint32_t samples[MAX_SAMPLES];
static size_t sample_count;

static void die(const char *what)
{
    fprintf(stderr, "fairness-client: %s\n", what);
    exit(1);
}

static int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000ll + now.tv_nsec / 1000;
}

/* The response code; the response is in `response`. */
static uint32_t exchange(TSS2_TCTI_CONTEXT *tcti, const uint8_t *command, size_t length, uint8_t response[4096])
{
    size_t size = 4096;
    if (Tss2_Tcti_Transmit(tcti, length, command) != TSS2_RC_SUCCESS)
        die("transmit failed");
    if (Tss2_Tcti_Receive(tcti, &size, response, TSS2_TCTI_TIMEOUT_BLOCK) != TSS2_RC_SUCCESS || size < 10)
        die("receive failed");
    return (uint32_t)response[6] << 24 | (uint32_t)response[7] << 16 | (uint32_t)response[8] << 8 | response[9];
}

static void timed(TSS2_TCTI_CONTEXT *tcti, const uint8_t *command, size_t length, uint8_t response[4096])
{
    int64_t started = now_us();
    uint32_t code = exchange(tcti, command, length, response);
    if (code != 0) {
        fprintf(stderr, "fairness-client: the TPM answers 0x%x\n", code);
        exit(1);
    }
    if (sample_count < MAX_SAMPLES)
        samples[sample_count++] = (uint32_t)(now_us() - started);
}

static void make_key(TSS2_TCTI_CONTEXT *tcti, uint8_t which)
{
    /* TPM2_CreatePrimary, owner, empty password; the last byte of `unique` chooses the template. */
    static const uint8_t start[] = {0x80, 0x02, 0, 0, 0, 0, 0, 0, 0x01, 0x31, 0x40, 0, 0, 0x01,
                                    0, 0, 0, 9, 0x40, 0, 0, 0x09, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0};
    static const uint8_t public_area[] = {0, 0x01, 0, 0x0b, 0, 0x04, 0x04, 0x72, 0, 0, 0, 0x10,
                                          0, 0x14, 0, 0x0b, 0x08, 0, 0, 0, 0, 0, 0, 1};
    uint8_t command[128];
    uint8_t response[4096];
    size_t length = 0;
    memcpy(command, start, sizeof(start));
    length += sizeof(start);
    command[length++] = 0;
    command[length++] = sizeof(public_area) + 1;
    memcpy(command + length, public_area, sizeof(public_area));
    length += sizeof(public_area);
    command[length++] = which;
    memset(command + length, 0, 6);
    length += 6;
    command[5] = (uint8_t)length;
    timed(tcti, command, length, response);
    uint8_t flush[] = {0x80, 0x01, 0, 0, 0, 14, 0, 0, 0x01, 0x65, response[10], response[11], response[12], response[13]};
    exchange(tcti, flush, sizeof(flush), response);
}

static void run_once(TSS2_TCTI_CONTEXT *tcti, const char *workload, uint32_t round)
{
    static const uint8_t random[] = {0x80, 0x01, 0, 0, 0, 12, 0, 0, 0x01, 0x7b, 0, 8};
    static const uint8_t ephemeral[] = {0x80, 0x01, 0, 0, 0, 12, 0, 0, 0x01, 0x8e, 0, 3};
    uint8_t response[4096];
    if (strcmp(workload, "keygen") == 0)
        make_key(tcti, (uint8_t)(round % TEMPLATES));
    else if (strcmp(workload, "ephemeral") == 0)
        timed(tcti, ephemeral, sizeof(ephemeral), response);
    else
        timed(tcti, random, sizeof(random), response);
}

static int compare(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return a < b ? -1 : a > b;
}

int main(int argc, char **argv)
{
    if (argc != 5)
        die("usage: fairness-client <tcti> <keygen|random|ephemeral> <milliseconds> <pause>");
    TSS2_TCTI_CONTEXT *tcti = NULL;
    if (Tss2_TctiLdr_Initialize(argv[1], &tcti) != TSS2_RC_SUCCESS)
        die("the TCTI does not open");
    printf("ready\n");
    fflush(stdout);
    if (getchar() == EOF)
        die("nobody said go");
    int64_t pause_us = 1000ll * atoi(argv[4]);
    int64_t ends = now_us() + 1000ll * atoi(argv[3]);
    for (uint32_t round = 0; now_us() < ends; round++) {
        run_once(tcti, argv[2], round);
        struct timespec pause = {.tv_sec = pause_us / 1000000, .tv_nsec = pause_us % 1000000 * 1000};
        if (pause_us > 0)
            nanosleep(&pause, NULL);
    }
    Tss2_TctiLdr_Finalize(&tcti);
    qsort(samples, sample_count, sizeof(samples[0]), compare);
    uint32_t zero = 0;
    const uint32_t *sorted = sample_count > 0 ? samples : &zero;
    size_t last = sample_count > 0 ? sample_count - 1 : 0;
    printf("{\"count\":%zu,\"medianUs\":%u,\"p99Us\":%u,\"longestUs\":%u}\n", sample_count, sorted[last / 2],
           sorted[last * 99 / 100], sorted[last]);
    return 0;
}
