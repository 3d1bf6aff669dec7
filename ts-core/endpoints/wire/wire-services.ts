/**
 * The calls of Tbs.h other than submitting commands, as the wire endpoint needs them from the application.
 *
 * Each throws (or rejects with) a TbsError when it refuses; docs/wire-protocol.md lists the symbols.
 */
import type { Caller } from '../../domain/caller.js';
import type { TpmVersion } from '../../domain/tpm/tpm-version.js';

/** TPM_DEVICE_INFO of Tbs.h. */
export interface WireDeviceInfo {
  readonly tpmVersion: TpmVersion;
  /** TPM_IFTYPE: 0 unknown, 1 TPM 1.2 FIFO, 2 TrustZone, 3 hardware, 4 emulator, 5 SPB. */
  readonly interfaceType: number;
  readonly implementationRevision: number;
}

export interface WireServices {
  /** Throws TBS_E_TPM_NOT_FOUND. */
  deviceInfo(caller: Caller): WireDeviceInfo;
  /** `type`: TBS_OWNERAUTH_TYPE. The endpoint must wipe the bytes after sending them. */
  ownerAuth(caller: Caller, type: number): Promise<Uint8Array>;
  /** `logType`: TBS_TCGLOG_SRTM_CURRENT 0, DRTM_CURRENT 1, SRTM_BOOT 2, SRTM_RESUME 3. Throws TBS_E_NO_EVENT_LOG. */
  tcgLog(caller: Caller, logType: number): Promise<Uint8Array>;
  physicalPresence(caller: Caller, input: Uint8Array): Promise<Uint8Array>;
  revokeAttestation(caller: Caller): Promise<void>;
}
