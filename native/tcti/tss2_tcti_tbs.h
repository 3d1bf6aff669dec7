/* TCTI for the TpmTbs broker. Manual page: tss2-tcti-tbs(7). */
#ifndef TSS2_TCTI_TBS_H
#define TSS2_TCTI_TBS_H

#include <tss2/tss2_tcti.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * With a NULL context, returns the size that a context needs. `conf` is NULL, empty, or settings separated by commas:
 * socket=/path, priority=low|normal|high|system, locality=0..3, timeout=seconds, broker-uid=uid.
 */
TSS2_RC Tss2_Tcti_Tbs_Init(TSS2_TCTI_CONTEXT *tctiContext, size_t *size, const char *conf);

#ifdef __cplusplus
}
#endif

#endif
