/** The firmware's physical presence interface. */
import * as z from 'zod';
import { ADMINISTRATOR_ONLY, NOT_SANDBOXED } from '../../access.js';
import { type Described, method, noParams, objectType } from './method.js';
import { uint32 } from './values.js';

export const PhysicalPresenceOperation = objectType(
  'PhysicalPresenceOperation',
  'An operation that can be requested of the firmware.',
  {
    operation: uint32.describe('The operation’s number.'),
    name: z.string().describe('The operation’s name.'),
    confirmation: z
      .enum(['FirmwareOnly', 'BlockedByFirmwareSettings', 'UserRequired', 'UserNotRequired', 'Unknown'])
      .describe(
        'Who confirms it; Unknown where the firmware cannot be asked (interface before 1.2): a request finds out.',
      ),
  },
);
export type PhysicalPresenceOperation = Described<typeof PhysicalPresenceOperation>;

export const PhysicalPresenceResponse = objectType(
  'PhysicalPresenceResponse',
  'What the firmware did with the last request that it dealt with.',
  {
    operation: uint32.describe('The operation’s number.'),
    name: z.string().describe('The operation’s name.'),
    result: uint32.describe('0: done; up to 0xFFF: a TPM result; above: the firmware’s own.'),
    resultName: z
      .enum(['Success', 'UserAbort', 'FirmwareFailure', 'TpmError', 'Unknown'])
      .describe('The result’s kind.'),
  },
);
export type PhysicalPresenceResponse = Described<typeof PhysicalPresenceResponse>;

export const PhysicalPresence = objectType('PhysicalPresence', 'The state of the physical presence interface.', {
  version: z.string().describe('The interface’s version: 1.3.'),
  request: uint32.describe('The operation that waits for the next boot; 0: none.'),
  requestName: z.string().describe('Its name.'),
  transition: z
    .enum(['None', 'Shutdown', 'Restart', 'VendorSpecific'])
    .describe('What the machine has to do for the request to be carried out.'),
  response: PhysicalPresenceResponse.nullable().describe(
    'The last request that was dealt with; null when there was none.',
  ),
  operations: z.array(PhysicalPresenceOperation).describe('What the platform offers; empty where it offers nothing.'),
});
export type PhysicalPresence = Described<typeof PhysicalPresence>;

export const physicalPresenceGet = method('physicalPresence/get', {
  summary: 'Returns what waits for the next boot, what happened to the last request, and what can be requested.',
  access: NOT_SANDBOXED,
  params: noParams,
  result: PhysicalPresence,
});

export const physicalPresenceRequest = method('physicalPresence/request', {
  summary: 'Requests an operation of the firmware for the next boot.',
  access: ADMINISTRATOR_ONLY,
  params: z.strictObject({
    operation: z.number().int().min(0).max(255).describe('The operation’s number; 0 takes back what waits.'),
  }),
  result: PhysicalPresence,
});
