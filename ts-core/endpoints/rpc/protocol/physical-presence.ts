/** The firmware's physical presence interface. */
import { z } from 'zod';
import { method, noParams } from './method.js';

export interface PhysicalPresenceOperationState {
  readonly operation: number;
  readonly name: string;
  /** Null where the firmware does not tell (interface before 1.2). */
  readonly confirmation:
    | 'NotImplemented'
    | 'FirmwareOnly'
    | 'BlockedByFirmwareSettings'
    | 'UserRequired'
    | 'UserNotRequired'
    | null;
}

export interface PhysicalPresenceDescription {
  readonly version: string;
  /** 0: none waits for the next boot. */
  readonly request: number;
  readonly requestName: string;
  /** What carries the request out. */
  readonly transition: 'None' | 'Shutdown' | 'Restart' | 'VendorSpecific';
  /** The last request that the firmware dealt with; null when there was none. */
  readonly response: {
    readonly operation: number;
    readonly name: string;
    readonly result: number;
    readonly resultName: 'Success' | 'UserAbort' | 'FirmwareFailure' | 'TpmError' | 'Unknown';
  } | null;
  readonly operations: readonly PhysicalPresenceOperationState[];
}

export const physicalPresenceGet = method<PhysicalPresenceDescription>()('physicalPresence/get', noParams);

/** 0 takes back what waits. Administrators only. */
export const physicalPresenceRequest = method<PhysicalPresenceDescription>()(
  'physicalPresence/request',
  z.strictObject({ operation: z.number().int().min(0).max(255) }),
);
