import assert from 'node:assert/strict';
import type { Step } from '../steps.js';

const MESSAGES = 'journalctl --no-pager --quiet -u tpmtbs -o json';

/** What an administrator finds in the journal after a lockout, and where policy that root sets is stored. */
export const journalSteps: readonly Step[] = [
  {
    title: "policy that root sets is stored by the broker's user, and an ordinary user may set none",
    prove: async (machine) => {
      const setting = 'standardUserAuthorizationFailureIndividualThreshold=1';
      assert.notEqual((await machine.attempt(`tbs policy set ${setting}`, { user: 'alice' })).status, 0);
      await machine.run(`tbs policy set ${setting}`);
      assert.match(await machine.run('stat -c "%U %a" /etc/tpmtbs/policy.d/50-local.json'), /^tpmtbs 6\d\d/);
    },
  },
  {
    title: 'a lockout is an entry with its user and the priority of a warning',
    prove: async (machine) => {
      await machine.run('tpm2_createprimary -T tbs -Q -C n -p right -c /tmp/alice.ctx', { user: 'alice' });
      const guess = 'tpm2_create -T tbs -Q -C /tmp/alice.ctx -P wrong -u /tmp/alice.pub -r /tmp/alice.priv';
      assert.notEqual((await machine.attempt(guess, { user: 'alice' })).status, 0);
      assert.match(await machine.run('tbs lockout show'), /alice.*locked out/);
      const uid = (await machine.run('id -u alice')).trim();
      const [entry] = entries(await machine.until(`${MESSAGES} TBS_EVENT=lockoutBegan | grep .`));
      assert.equal(entry?.['TBS_USER'], `uid:${uid}`);
      assert.equal(entry?.['PRIORITY'], '4');
      await machine.run('tbs lockout reset && tbs policy set standardUserAuthorizationFailureIndividualThreshold=4');
    },
  },
  {
    title: 'journalctl -p warning shows the lockout and no entry of less weight, and every line has its priority',
    prove: async (machine) => {
      const warnings = entries(await machine.run(`${MESSAGES} -p warning`));
      assert.ok(warnings.some((entry) => entry['TBS_EVENT'] === 'lockoutBegan'));
      assert.ok(warnings.every((entry) => Number(entry['PRIORITY']) <= 4));
      const lines = entries(await machine.run(`${MESSAGES} _TRANSPORT=stdout`));
      assert.ok(lines.some((entry) => Number(entry['PRIORITY']) > 4));
      assert.ok(lines.every((entry) => !/^<\d>/.test(String(entry['MESSAGE']))));
    },
  },
];

function entries(text: string): readonly Readonly<Record<string, unknown>>[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
