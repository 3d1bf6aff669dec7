/*
 * Measures one workload over one TCTI, with a number of client processes at once:
 *
 *   tcti-bench <tcti> <workload> <clients> <milliseconds>
 *
 * <tcti> is what TPM2TOOLS_TCTI takes, or raw:/path for a TPM's own stream socket that stays connected (the bare TPM:
 * tpm2-tss' swtpm TCTI reconnects for every command). Workloads: open, random, capability, hmac, ecdsa, mix3.
 * Prints one line of JSON: operations a second over all clients, and the latency in microseconds.
 *
 * Commands are sent as bytes, so that the time is that of the TCTI, what is behind it and the TPM, not of marshalling.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <tss2/tss2_tcti.h>
#include <tss2/tss2_tctildr.h>

#define MAX_SAMPLES 200000
#define KEYS 3

struct results {
    uint32_t count;
    uint32_t nanoseconds[MAX_SAMPLES];
};

struct shared {
    volatile int ready;
    volatile int go;
    struct results clients[];
};

struct tpm {
    int raw_fd;
    TSS2_TCTI_CONTEXT *tcti;
};

static void die(const char *what)
{
    fprintf(stderr, "tcti-bench: %s\n", what);
    exit(1);
}

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000ll + now.tv_nsec;
}

static void tpm_open(struct tpm *tpm, const char *conf)
{
    if (strncmp(conf, "raw:", 4) != 0) {
        if (Tss2_TctiLdr_Initialize(conf, &tpm->tcti) != TSS2_RC_SUCCESS)
            die("the TCTI does not open");
        return;
    }
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", conf + 4);
    tpm->raw_fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (connect(tpm->raw_fd, (struct sockaddr *)&address, sizeof(address)) != 0)
        die("the TPM's socket does not connect");
}

static void tpm_close(struct tpm *tpm)
{
    if (tpm->tcti != NULL)
        Tss2_TctiLdr_Finalize(&tpm->tcti);
    else
        close(tpm->raw_fd);
}

static size_t exchange(struct tpm *tpm, const uint8_t *command, size_t size, uint8_t *response, size_t capacity)
{
    if (tpm->tcti == NULL) {
        if (write(tpm->raw_fd, command, size) != (ssize_t)size)
            die("write");
        ssize_t received = read(tpm->raw_fd, response, capacity);
        if (received < 10)
            die("read");
        return (size_t)received;
    }
    size_t received = capacity;
    if (Tss2_Tcti_Transmit(tpm->tcti, size, command) != TSS2_RC_SUCCESS)
        die("transmit");
    if (Tss2_Tcti_Receive(tpm->tcti, &received, response, TSS2_TCTI_TIMEOUT_BLOCK) != TSS2_RC_SUCCESS)
        die("receive");
    return received;
}

static void checked(struct tpm *tpm, const uint8_t *command, size_t size, uint8_t *response)
{
    do { /* TPM_RC_RETRY: it tests an algorithm before its first use */
        exchange(tpm, command, size, response, 4096);
    } while (response[6] == 0 && response[7] == 0 && response[8] == 0x09 && response[9] == 0x22);
    if (response[6] || response[7] || response[8] || response[9]) {
        fprintf(stderr, "tcti-bench: command %02x%02x answered %02x%02x%02x%02x\n", command[8], command[9], response[6],
                response[7], response[8], response[9]);
        exit(1);
    }
}

#define PASSWORD_AUTH 0x00, 0x00, 0x00, 0x09, 0x40, 0x00, 0x00, 0x09, 0x00, 0x00, 0x00, 0x00, 0x00

static const uint8_t get_random[] = {0x80, 0x01, 0, 0, 0, 12, 0, 0, 0x01, 0x7b, 0, 8};
static const uint8_t get_capability[] = {0x80, 0x01, 0, 0, 0, 22, 0, 0, 0x01, 0x7a, 0, 0,
                                         0,    6,    0, 0, 1, 0,  0, 0, 0,    8};

/* Primary keys in the null hierarchy: an HMAC key and an ECDSA P-256 key, without authorization. */
static const uint8_t create_hmac_key[] = {
    0x80, 0x02, 0, 0, 0, 0, 0, 0, 0x01, 0x31, 0x40, 0, 0, 0x07, PASSWORD_AUTH, 0, 4, 0, 0, 0, 0,
    0, 16, 0x00, 0x08, 0x00, 0x0b, 0x00, 0x04, 0x00, 0x72, 0, 0, 0x00, 0x05, 0x00, 0x0b, 0, 0, 0, 0, 0, 0, 0, 0};
static const uint8_t create_ecdsa_key[] = {
    0x80, 0x02, 0, 0, 0, 0, 0, 0, 0x01, 0x31, 0x40, 0, 0, 0x07, PASSWORD_AUTH, 0, 4, 0, 0, 0, 0,
    0, 24, 0x00, 0x23, 0x00, 0x0b, 0x00, 0x04, 0x00, 0x72, 0, 0, 0x00, 0x10, 0x00, 0x18, 0x00, 0x0b, 0x00, 0x03, 0x00, 0x10, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0};

static uint8_t keyed[KEYS][128];
static size_t keyed_size;

static void put_hmac(uint8_t *command, const uint8_t *handle)
{
    static const uint8_t shape[] = {0x80, 0x02, 0, 0, 0, 63, 0, 0, 0x01, 0x55, 0, 0, 0, 0, PASSWORD_AUTH, 0, 32};
    memcpy(command, shape, sizeof(shape));
    memcpy(command + 10, handle, 4);
    memset(command + sizeof(shape), 0x5a, 32);
    command[61] = 0x00;
    command[62] = 0x0b;
    keyed_size = 63;
}

static void put_sign(uint8_t *command, const uint8_t *handle)
{
    static const uint8_t shape[] = {0x80, 0x02, 0, 0, 0, 71, 0, 0, 0x01, 0x5d, 0, 0, 0, 0, PASSWORD_AUTH, 0, 32};
    static const uint8_t tail[] = {0x00, 0x10, 0x80, 0x24, 0x40, 0x00, 0x00, 0x07, 0, 0};
    memcpy(command, shape, sizeof(shape));
    memcpy(command + 10, handle, 4);
    memset(command + sizeof(shape), 0x5a, 32);
    memcpy(command + sizeof(shape) + 32, tail, sizeof(tail));
    keyed_size = 71;
}

static void create_keys(struct tpm *tpm, const char *workload)
{
    uint8_t response[4096];
    bool ecdsa = strcmp(workload, "ecdsa") == 0;
    int count = strcmp(workload, "mix3") == 0 ? KEYS : 1;
    for (int i = 0; i < count; i++) {
        uint8_t command[128];
        size_t size = ecdsa ? sizeof(create_ecdsa_key) : sizeof(create_hmac_key);
        memcpy(command, ecdsa ? create_ecdsa_key : create_hmac_key, size);
        command[5] = (uint8_t)size;
        checked(tpm, command, size, response);
        if (ecdsa)
            put_sign(keyed[i], response + 10);
        else
            put_hmac(keyed[i], response + 10);
    }
}

static void flush_keys(struct tpm *tpm, int count)
{
    uint8_t response[4096];
    for (int i = 0; i < count; i++) {
        uint8_t command[] = {0x80, 0x01, 0, 0, 0, 14, 0, 0, 0x01, 0x65, 0, 0, 0, 0};
        memcpy(command + 10, keyed[i] + 10, 4);
        checked(tpm, command, sizeof(command), response);
    }
}

static void measure(const char *conf, const char *workload, int milliseconds, struct shared *shared,
                    struct results *results)
{
    struct tpm tpm = {0};
    uint8_t response[4096];
    bool opening = strcmp(workload, "open") == 0;
    bool uses_keys = strcmp(workload, "hmac") == 0 || strcmp(workload, "ecdsa") == 0 || strcmp(workload, "mix3") == 0;
    int keys = strcmp(workload, "mix3") == 0 ? KEYS : 1;
    const uint8_t *command = strcmp(workload, "capability") == 0 ? get_capability : get_random;
    size_t size = strcmp(workload, "capability") == 0 ? sizeof(get_capability) : sizeof(get_random);
    if (!opening)
        tpm_open(&tpm, conf);
    if (uses_keys)
        create_keys(&tpm, workload);
    __atomic_add_fetch(&shared->ready, 1, __ATOMIC_SEQ_CST);
    while (!shared->go)
        usleep(200);
    int64_t end = now_ns() + milliseconds * 1000000ll;
    for (int64_t start = now_ns(); start < end && results->count < MAX_SAMPLES;) {
        if (opening) {
            tpm_open(&tpm, conf);
        } else if (uses_keys) {
            checked(&tpm, keyed[results->count % (unsigned)keys], keyed_size, response);
        } else {
            checked(&tpm, command, size, response);
        }
        int64_t stop = now_ns();
        results->nanoseconds[results->count++] = (uint32_t)(stop - start);
        if (opening)
            tpm_close(&tpm);
        start = opening ? now_ns() : stop;
    }
    if (uses_keys)
        flush_keys(&tpm, keys);
    if (!opening)
        tpm_close(&tpm);
}

static int ascending(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a;
    uint32_t right = *(const uint32_t *)b;
    return left < right ? -1 : left > right;
}

int main(int argc, char **argv)
{
    if (argc != 5)
        die("usage: tcti-bench <tcti> <workload> <clients> <milliseconds>");
    int clients = atoi(argv[3]);
    int milliseconds = atoi(argv[4]);
    size_t size = sizeof(struct shared) + (size_t)clients * sizeof(struct results);
    struct shared *shared = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (shared == MAP_FAILED)
        die("mmap");
    for (int i = 0; i < clients; i++) {
        pid_t child = fork();
        if (child < 0)
            die("fork");
        if (child == 0) {
            measure(argv[1], argv[2], milliseconds, shared, &shared->clients[i]);
            _exit(0);
        }
    }
    int failed = 0;
    while (shared->ready < clients) {
        int status;
        if (waitpid(-1, &status, WNOHANG) > 0)
            die("a client failed");
        usleep(200);
    }
    shared->go = 1;
    for (int i = 0; i < clients; i++) {
        int status;
        wait(&status);
        failed |= status;
    }
    if (failed)
        die("a client failed");

    size_t total = 0;
    for (int i = 0; i < clients; i++)
        total += shared->clients[i].count;
    uint32_t *all = malloc(total * sizeof(*all));
    size_t at = 0;
    for (int i = 0; i < clients; i++) {
        memcpy(all + at, shared->clients[i].nanoseconds, shared->clients[i].count * sizeof(*all));
        at += shared->clients[i].count;
    }
    qsort(all, total, sizeof(*all), ascending);
    printf("{\"operations\":%zu,\"perSecond\":%.0f,\"p10Us\":%.1f,\"medianUs\":%.1f,\"p99Us\":%.1f}\n", total,
           total * 1000.0 / milliseconds, all[total / 10] / 1000.0, all[total / 2] / 1000.0, all[total * 99 / 100] / 1000.0);
    return 0;
}
