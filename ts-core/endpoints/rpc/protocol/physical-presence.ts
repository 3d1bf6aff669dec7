/** The firmware's physical presence interface. */
import { z } from 'zod';
import { method, noParams } from './method.js';

export interface PhysicalPresenceOperationState {
  readonly operation: number;
  readonly name: string;
  /** `Unknown` where the firmware cannot be asked (interface before 1.2): a request finds out. */
  readonly confirmation: 'FirmwareOnly' | 'BlockedByFirmwareSettings' | 'UserRequired' | 'UserNotRequired' | 'Unknown';
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
  /** What the platform offers: no operation that it does not implement; empty where it offers none. */
  readonly operations: readonly PhysicalPresenceOperationState[];
}

export const physicalPresenceGet = method<PhysicalPresenceDescription>()('physicalPresence/get', noParams);

/** 0 takes back what waits. Administrators only. */
export const physicalPresenceRequest = method<PhysicalPresenceDescription>()(
  'physicalPresence/request',
  z.strictObject({ operation: z.number().int().min(0).max(255) }),
);
