import { z } from 'zod';
import type { CallerClass } from '../../../domain/caller.js';
import type { TpmVersion } from '../../../domain/tpm/tpm-version.js';
import { method, noParams } from './method.js';

/** TPM_DEVICE_INFO and what a person wants to know beside it. */
export interface DeviceInfo {
  readonly structVersion: 1;
  /** 1: TPM 1.2, 2: TPM 2.0, as in Tbs.h. */
  readonly tpmVersionNumber: 1 | 2;
  readonly tpmVersion: TpmVersion;
  readonly tpmInterfaceType: number;
  readonly tpmImpRevision: number;
  /** Four bytes of vendor id as text, e.g. `IBM`. */
  readonly manufacturer: string;
  readonly manufacturerId: number;
  readonly firmwareVersion: string;
  readonly vendorString: string;
  readonly specification: string;
  readonly maxCommandBytes: number;
  readonly maxResponseBytes: number;
  readonly transport: string;
}

export interface BrokerStatus {
  readonly version: string;
  readonly processId: number;
  /** UTC ISO 8601. */
  readonly startedAt: string;
  readonly mode: 'system' | 'user';
  readonly state: 'starting' | 'running' | 'suspended' | 'stopping';
  readonly tpm: DeviceInfo | null;
  readonly caller: { readonly userKey: string; readonly callerClass: CallerClass };
  readonly contexts: number;
  readonly queue: {
    readonly waiting: number;
    readonly inFlight: boolean;
    readonly completed: number;
    readonly refused: number;
    readonly cancelled: number;
    /** Estimate of the wait of a command submitted now when all that waits goes first, milliseconds. */
    readonly estimatedWaitMs: number;
  };
  readonly cancellation: 'controlChannel' | 'sysfs' | 'tbs' | 'none';
  /** How long commands take on this TPM, learned, by command code and by the type of the key that they make. */
  readonly costs: readonly {
    readonly code: number;
    readonly name: string;
    /** `RSA 2048`, `ECC P-256`; null for commands that make no key. */
    readonly keyType: string | null;
    readonly count: number;
    readonly meanMs: number;
  }[];
  /** What an administrator should mend: the device is open to others, the TPM locks before the policy does, … */
  readonly warnings: readonly { readonly id: string; readonly message: string; readonly action: string }[];
  readonly limits: Readonly<Record<string, number>>;
  readonly endpoints: readonly { readonly kind: string; readonly address: string }[];
}

export const statusGet = method<BrokerStatus>()('status/get', noParams);
export const deviceGet = method<DeviceInfo>()('device/get', noParams);

/** Drains and stops the broker, which is gone when its process is. Administrators only. */
export const serviceStop = method<{ readonly processId: number }>()(
  'service/stop',
  z.strictObject({ drainTimeoutMs: z.number().int().min(0).max(600_000).default(10_000) }).optional(),
);
