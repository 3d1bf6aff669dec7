import assert from 'node:assert/strict';
import type { Application } from '../../../ts-core/application/application.js';
import { CALLER_CLASSES } from '../../../ts-core/domain/caller.js';
import { TbsError } from '../../../ts-core/domain/tbs-error.js';
import { eventLogGet } from '../../../ts-core/endpoints/rpc/protocol/event-log.js';
import { physicalPresenceGet } from '../../../ts-core/endpoints/rpc/protocol/physical-presence.js';
import { applicationServices } from '../../../ts-core/endpoints/wire/application-services.js';

const BYTES = Uint8Array.of(1, 2, 3);

describe('the calls of Tbs.h over the wire', () => {
  const application: Partial<Application> = {
    eventLog: { bytes: async () => BYTES } as unknown as Application['eventLog'],
    physicalPresence: { command: async () => BYTES } as unknown as Application['physicalPresence'],
  };
  const services = applicationServices(application as Application);

  const isDenied = (call: Promise<Uint8Array>): Promise<boolean> =>
    call.then(
      () => false,
      (error: unknown) => error instanceof TbsError && error.symbol === 'TBS_E_ACCESS_DENIED',
    );

  for (const callerClass of CALLER_CLASSES) {
    const caller = { userKey: 'uid:1000', callerClass };

    it(`return the boot log to a ${callerClass} exactly if eventLog/get does`, async () => {
      const denied = eventLogGet.access[callerClass] === 'none';
      assert.equal(await isDenied(services.tcgLog(caller, 0)), denied);
    });

    it(`serve physical presence to a ${callerClass} exactly if physicalPresence/get does`, async () => {
      const denied = physicalPresenceGet.access[callerClass] === 'none';
      assert.equal(await isDenied(services.physicalPresence(caller, BYTES)), denied);
    });
  }
});
