/* A TCTI context of the fake broker, and commands for it. */
#ifndef TPMTBS_OPEN_TCTI_H
#define TPMTBS_OPEN_TCTI_H

#include <stdlib.h>

#include "expect.h"
#include "tss2_tcti_tbs.h"

static inline TSS2_TCTI_CONTEXT *open_tcti(const char *conf)
{
    size_t size = 0;
    EXPECT_CODE(Tss2_Tcti_Tbs_Init(NULL, &size, NULL), TSS2_RC_SUCCESS);
    TSS2_TCTI_CONTEXT *tcti = calloc(1, size);
    EXPECT(tcti != NULL);
    EXPECT_CODE(Tss2_Tcti_Tbs_Init(tcti, &size, conf), TSS2_RC_SUCCESS);
    return tcti;
}

static inline void close_tcti(TSS2_TCTI_CONTEXT *tcti)
{
    Tss2_Tcti_Finalize(tcti);
    free(tcti);
}

static inline TSS2_RC transmit(TSS2_TCTI_CONTEXT *tcti, uint32_t code)
{
    uint8_t command[20] = {0x80, 0x01, 0, 0, 0, 20, 0, 0, (uint8_t)(code >> 8), (uint8_t)code};
    return Tss2_Tcti_Transmit(tcti, sizeof(command), command);
}

#endif
