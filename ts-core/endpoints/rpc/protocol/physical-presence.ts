/** The firmware's physical presence interface. */
import * as z from 'zod';
import { ADMINISTRATOR_ONLY, NOT_SANDBOXED } from '../../access.js';
import { type Described, method, noParams, objectType } from './method.js';
import { uint32 } from './values.js';

export const PhysicalPresenceOperation = objectType(
  'PhysicalPresenceOperation',
  'An operation that the firmware offers.',
  {
    operation: uint32.describe('The operation’s number.'),
    name: z.string().describe('The operation’s name.'),
    confirmation: z
      .enum(['FirmwareOnly', 'BlockedByFirmwareSettings', 'UserRequired', 'UserNotRequired', 'Unknown'])
      .describe(
        'Who confirms it. Unknown if the firmware cannot be asked (interface older than 1.2); only a request finds out.',
      ),
  },
);
export type PhysicalPresenceOperation = Described<typeof PhysicalPresenceOperation>;

export const PhysicalPresenceResponse = objectType(
  'PhysicalPresenceResponse',
  'The firmware’s result for the last request that it processed.',
  {
    operation: uint32.describe('The operation’s number.'),
    name: z.string().describe('The operation’s name.'),
    result: uint32.describe('0: success; up to 0xFFF: a TPM result; above: the firmware’s own code.'),
    resultName: z
      .enum(['Success', 'UserAbort', 'FirmwareFailure', 'TpmError', 'Unknown'])
      .describe('The result’s kind.'),
  },
);
export type PhysicalPresenceResponse = Described<typeof PhysicalPresenceResponse>;

export const PhysicalPresence = objectType('PhysicalPresence', 'The state of the physical presence interface.', {
  version: z.string().describe('The interface’s version: 1.3.'),
  request: uint32.describe('The operation that is pending for the next boot; 0: none.'),
  requestName: z.string().describe('Its name.'),
  transition: z
    .enum(['None', 'Shutdown', 'Restart', 'VendorSpecific'])
    .describe('What has to happen to the machine so that the firmware executes the request.'),
  response: PhysicalPresenceResponse.nullable().describe(
    'The last request that the firmware processed; null if there was none.',
  ),
  operations: z.array(PhysicalPresenceOperation).describe('The operations that the platform offers; may be empty.'),
});
export type PhysicalPresence = Described<typeof PhysicalPresence>;

export const physicalPresenceGet = method('physicalPresence/get', {
  summary: 'Returns the pending request, the result of the last one, and the operations that can be requested.',
  access: NOT_SANDBOXED,
  params: noParams,
  result: PhysicalPresence,
});

export const physicalPresenceRequest = method('physicalPresence/request', {
  summary: 'Asks the firmware to execute an operation at the next boot.',
  access: ADMINISTRATOR_ONLY,
  params: z.strictObject({
    operation: z.number().int().min(0).max(255).describe('The operation’s number; 0 withdraws the pending request.'),
  }),
  result: PhysicalPresence,
});
