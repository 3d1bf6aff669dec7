/*
 * Messages as tpm2-tss' own TCTIs write them, so that a failure to load the TCTI has its reason beside it: to standard
 * error, or where TSS2_LOGFILE says, at the levels that TSS2_LOG lets through (tcti+error, all+none …; otherwise warning).
 */
#ifndef TPMTBS_TCTI_LOG_H
#define TPMTBS_TCTI_LOG_H

enum tcti_log_level { TCTI_LOG_NONE, TCTI_LOG_ERROR, TCTI_LOG_WARNING, TCTI_LOG_INFO, TCTI_LOG_DEBUG, TCTI_LOG_TRACE };

#define LOG_ERROR(...) tcti_log(TCTI_LOG_ERROR, __FILE__, __LINE__, __func__, __VA_ARGS__)
#define LOG_WARNING(...) tcti_log(TCTI_LOG_WARNING, __FILE__, __LINE__, __func__, __VA_ARGS__)

__attribute__((format(printf, 5, 6))) void tcti_log(enum tcti_log_level level, const char *path, int line,
                                                    const char *function, const char *format, ...);

#endif
