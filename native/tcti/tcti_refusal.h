/*
 * Says in the log why the broker refused a command. A TPM response has room for a code only, which does not name the
 * policy that decided.
 */
#ifndef TPMTBS_TCTI_REFUSAL_H
#define TPMTBS_TCTI_REFUSAL_H

#include <stdint.h>

#include "wire_client.h"

/* Of one TCTI context. */
struct tcti_refusal {
    /* Identifies the reason that was logged last: a program that tries again and again logs it once. 0: none. */
    uint64_t last_reason;
};

/*
 * Takes the reason off the response to SUBMIT, so that only the TPM response is left, and logs it as a warning. Does
 * nothing if the response has no reason.
 */
void tcti_refusal_take_reason(struct tcti_refusal *refusal, struct wire_request *request);

#endif
