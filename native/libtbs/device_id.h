/* The identifier behind GetDeviceID. */
#ifndef TPMTBS_DEVICE_ID_H
#define TPMTBS_DEVICE_ID_H

#include "tbs.h"

/* SHA-512, the longest digest of a name. */
#define DEVICE_ID_MAX_BYTES 64

/* Reads it from the TPM through a context of its own. NTE_NOT_FOUND when there is no endorsement key. */
HRESULT read_device_id(BYTE *id, UINT32 *id_bytes);

#endif
