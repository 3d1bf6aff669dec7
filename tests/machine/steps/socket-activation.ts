import assert from 'node:assert/strict';
import type { Step } from '../steps.js';

const SOCKETS = 'tpmtbs-rpc.socket tpmtbs-wire.socket';
const RANDOM = 'tpm2_getrandom -T tbs --hex 8';
const WHETHER_ACTIVE = 'systemctl is-active tpmtbs';

/** The socket units, which are shipped and not enabled, as docs/service.md has them enabled. */
export const socketActivationSteps: readonly Step[] = [
  {
    title: 'the sockets survive a stop of the broker, and the next caller of either socket starts it',
    prove: async (machine) => {
      await machine.run(
        `systemctl stop tpmtbs && systemctl enable --now ${SOCKETS} 2>&1 && systemctl start tpmtbs.service`,
        { seconds: 400 },
      );
      await machine.run(RANDOM, { user: 'alice' });
      for (const [call, user] of [
        [RANDOM, 'alice'],
        ['tbs lockout show', 'bob'],
      ] as const) {
        await machine.run('systemctl stop tpmtbs.service 2>&1');
        await machine.run(`systemctl is-active ${SOCKETS} && test -S /run/tpmtbs/rpc.sock -a -S /run/tpmtbs/wire.sock`);
        assert.equal((await machine.attempt(WHETHER_ACTIVE)).stdout.trim(), 'inactive');
        await machine.run(call, { user });
        assert.equal((await machine.run(WHETHER_ACTIVE)).trim(), 'active');
      }
    },
  },
  {
    title: 'a caller who comes while the broker restarts waits, and is answered',
    prove: async (machine) => {
      await machine.run(`systemctl restart --no-block tpmtbs.service && ${RANDOM}`);
      await machine.until(WHETHER_ACTIVE, { seconds: 400 });
    },
  },
  {
    title: 'with its sockets stopped the broker stays stopped, and without them it starts as before',
    prove: async (machine) => {
      await machine.run(`systemctl disable --now ${SOCKETS} 2>&1 && systemctl stop tpmtbs.service`);
      assert.notEqual((await machine.attempt('tbs status')).status, 0);
      assert.equal((await machine.attempt(WHETHER_ACTIVE)).stdout.trim(), 'inactive');
      await machine.run('systemctl start tpmtbs.service', { seconds: 400 });
      await machine.run(RANDOM, { user: 'alice' });
    },
  },
];
