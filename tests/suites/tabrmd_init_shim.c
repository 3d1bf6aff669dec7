/* tpm2-abrmd's tcti-connect-multiple calls the TCTI of tpm2-abrmd by name; preloaded, this leads it to the TCTI tbs. */
#include <dlfcn.h>
#include <stddef.h>
#include <stdint.h>

typedef uint32_t (*tcti_init)(void *context, size_t *size, const char *configuration);

uint32_t Tss2_Tcti_Tabrmd_Init(void *context, size_t *size, const char *configuration)
{
    const uint32_t tcti_io_error = 0x000A000A;
    (void)configuration;
    void *library = dlopen("libtss2-tcti-tbs.so.0", RTLD_NOW);
    tcti_init init = library == NULL ? NULL : (tcti_init)(uintptr_t)dlsym(library, "Tss2_Tcti_Tbs_Init");
    return init == NULL ? tcti_io_error : init(context, size, NULL);
}
