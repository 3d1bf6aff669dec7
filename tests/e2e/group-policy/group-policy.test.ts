/**
 * Tests Group Policy from a real domain controller to a refused command: Samba is the controller, samba-gpupdate runs
 * the extension on a joined member, and the broker refuses the command of a caller. Each file beside this one tests one
 * subject; all of them use one domain.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { REGISTRY_TYPES } from '../../../ts-core/domain/policy/registry-pol.js';
import { REPOSITORY } from '../../support/daemon.js';
import { canRunGroupPolicyLab, DOMAIN_DN } from '../../support/group-policy-lab.js';
import type { PolEntryInput } from '../../support/registry-pol-writer.js';
import { itStaysInForce } from './failures.js';
import { itFollowsLinks } from './links.js';
import { blocks, CLEAR, disabledBlockList, GET_RANDOM, lasts, type Scene, startScene } from './scene.js';
import { itFollowsWinbind } from './winbind.js';

describe('Group Policy of a domain', function () {
  this.timeout(180_000);
  let started: Scene | undefined;
  const scene = (): Scene => {
    assert.ok(started !== undefined, 'the domain has not started');
    return started;
  };

  before(async function () {
    // The domain controller needs network namespaces, and acting as other users needs root.
    if (!canRunGroupPolicyLab()) return this.skip();
    // The start takes half a minute on an idle machine.
    this.timeout(600_000);
    started = await startScene();
  });
  after(() => started?.stop());

  it('blocks TPM2_Clear for root, naming the GPO, and allows it again when the GPO is unlinked', async () => {
    const { lab, daemon, setting, becomes, refusalOf, clear, tpm2Clear } = scene();
    const gpo = await lab.createGpo('No clearing', blocks(CLEAR));
    await lab.link(DOMAIN_DN, gpo);
    await lab.refresh();
    await becomes('the list', async () => (await setting('blockedCommandsEnabled'))?.value === true);
    const refusal = await refusalOf(clear());
    assert.equal(refusal?.symbol, 'TPM_E_COMMAND_BLOCKED');
    assert.match(refusal.source, /GPO "No clearing" linked to DC=tpmlab,DC=example/);
    assert.match(refusal.liftedBy, /blockedCommands in GPO "No clearing".*Administrators of the domain/);
    const { status, stderr } = await tpm2Clear();
    assert.notEqual(status, 0);
    assert.match(
      stderr,
      /^WARNING:tcti:.* TPM2_Clear \(0x126\) is blocked: .* blockedCommands in GPO "No clearing" linked to DC=tpmlab,DC=example\. Administrators of the domain/m,
    );
    assert.match(stderr, /Esys_Clear\(0xC0143\)/);
    const audited = await daemon.auditLines();
    const change = audited.flatMap(({ details }) => settingsIn(details)).find(({ name }) => name === 'blockedCommands');
    assert.deepEqual([change?.before, change?.after], [[], [Number(CLEAR)]]);
    assert.match(change?.source ?? '', /^GPO "No clearing" linked to DC=tpmlab,DC=example$/);
    const refused = audited.filter(({ kind }) => kind === 'commandRefused');
    assert.ok(refused.length > 0);
    for (const { details } of refused) assert.match(JSON.stringify(details), /GPO \\"No clearing\\" linked to/);
    await lab.unlink(DOMAIN_DN, gpo);
    await lab.refresh();
    await becomes('the end of the block', async () => (await setting('blockedCommandsEnabled'))?.value === false);
    assert.equal((await tpm2Clear()).status, 0, 'TPM2_Clear works again');
    await lab.deleteGpo(gpo);
  });

  it('reads the TPM values from a Registry.pol of more than 1 MiB', async () => {
    const { lab, policy, becomes, isBlocked, isFree } = scene();
    const wallpaper: PolEntryInput = {
      ...{ key: 'Software\\Policies\\Wallpaper', valueName: 'Image' },
      ...{ type: REGISTRY_TYPES.REG_BINARY, data: new Uint8Array(1_500_000).fill(7) },
    };
    const gpo = await lab.createGpo('With an image', [wallpaper, ...blocks(GET_RANDOM)]);
    await lab.link(DOMAIN_DN, gpo);
    await lab.refresh();
    await becomes('the block', isBlocked);
    assert.deepEqual((await policy()).problems, []);
    await lab.deleteGpo(gpo);
    await lab.refresh();
    await becomes('the end of the block', isFree);
  });

  it('moves a list from one GPO to another without a moment in which it is not in force', async () => {
    const { lab, policy, setting, becomes, isBlocked, isFree } = scene();
    const first = await lab.createGpo('First', blocks(GET_RANDOM));
    const second = await lab.createGpo('Second', [lasts(90)]);
    await lab.link(DOMAIN_DN, first);
    await lab.link(DOMAIN_DN, second);
    await lab.refresh();
    await becomes('the block', isBlocked);
    const { revision } = await policy();
    await lab.writeGpo(first, [lasts(45)]);
    await lab.writeGpo(second, blocks(GET_RANDOM));
    const refreshing = lab.refresh();
    let answered = 0;
    let isRefreshed = false;
    void refreshing.finally(() => {
      isRefreshed = true;
    });
    while (!isRefreshed) {
      assert.ok(await isBlocked(), 'the list is in force throughout');
      answered += 1;
    }
    await refreshing;
    await becomes('the new source', async () => ((await setting('blockedCommands'))?.source ?? '').includes('Second'));
    assert.equal((await policy()).revision, revision + 1, 'both changes take effect in one transaction');
    assert.ok(answered > 1);

    await lab.writeGpo(second, disabledBlockList);
    await lab.refresh();
    await becomes('the end of the block', isFree);
    await lab.deleteGpo(first);
    await lab.deleteGpo(second);
  });

  it('can be written from Linux by the script in the documentation, which keeps the rest of the GPO', async () => {
    const { lab, becomes, isBlocked, isFree, duration } = scene();
    const gpo = await lab.createGpo('From Linux', [lasts(33)]);
    await lab.blockInGpo(gpo, CLEAR, GET_RANDOM);
    await lab.link(DOMAIN_DN, gpo);
    await lab.refresh();
    await becomes('the block', isBlocked);
    assert.equal(await duration(), 33);
    await lab.blockInGpo(gpo);
    await lab.refresh();
    await becomes('the end of the block', isFree);
    assert.equal(await duration(), 33);
    await lab.deleteGpo(gpo);
    await lab.refresh();
  });

  it('accepts our administrative templates in its central store', async () => {
    const { lab } = scene();
    const store = await lab.loadTemplates(join(REPOSITORY, 'packaging', 'admx'));
    const files = ['en-US', 'en-US/tpmtbs.adml', 'fr-FR', 'fr-FR/tpmtbs.adml', 'tpmtbs.admx'];
    assert.deepEqual([...store].sort(), files, 'the store contains nothing else');
  });

  itFollowsLinks(scene);
  itFollowsWinbind(scene);
  itStaysInForce(scene);
});

interface AuditedChange {
  readonly name: string;
  readonly before: unknown;
  readonly after: unknown;
  readonly source: string;
}

function settingsIn(details: unknown): readonly AuditedChange[] {
  const { settings } = (details ?? {}) as { settings?: readonly (string | AuditedChange)[] };
  return (settings ?? []).filter((setting) => typeof setting === 'object');
}
