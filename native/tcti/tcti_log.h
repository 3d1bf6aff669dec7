/*
 * Log messages in the format of tpm2-tss' own TCTIs, so that the reason why the TCTI failed to load is visible. They
 * go to standard error or to TSS2_LOGFILE, filtered by the levels in TSS2_LOG (tcti+error, all+none …; default:
 * warning).
 */
#ifndef TPMTBS_TCTI_LOG_H
#define TPMTBS_TCTI_LOG_H

enum tcti_log_level { TCTI_LOG_NONE, TCTI_LOG_ERROR, TCTI_LOG_WARNING, TCTI_LOG_INFO, TCTI_LOG_DEBUG, TCTI_LOG_TRACE };

#define LOG_ERROR(...) tcti_log(TCTI_LOG_ERROR, __FILE__, __LINE__, __func__, __VA_ARGS__)
#define LOG_WARNING(...) tcti_log(TCTI_LOG_WARNING, __FILE__, __LINE__, __func__, __VA_ARGS__)

__attribute__((format(printf, 5, 6))) void tcti_log(enum tcti_log_level level, const char *path, int line,
                                                    const char *function, const char *format, ...);

#endif
