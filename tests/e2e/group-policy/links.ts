/** Tests which GPOs apply, and which is the strongest: links, order, filters, and GPOs that cannot be evaluated. */
import assert from 'node:assert/strict';
import { DOMAIN_DN } from '../../support/group-policy-lab.js';
import { blocks, GET_RANDOM, lasts, type Scene } from './scene.js';

export function itFollowsLinks(scene: () => Scene): void {
  it('follows links: order, enforced, disabled, inheritance, and the disabled half of a GPO', async () => {
    const { lab, setting, duration, becomes, isBlocked, isFree } = scene();
    const unit = await lab.createUnit('Linux');
    await lab.moveMemberTo(unit);
    const base = await lab.createGpo('Base', [...blocks(GET_RANDOM), lasts(60)]);
    const own = await lab.createGpo('For Linux', [lasts(30)]);
    await lab.link(DOMAIN_DN, base);
    await lab.link(unit, own);
    await lab.refresh();
    await becomes('the block', isBlocked);
    assert.equal(await duration(), 30, 'the nearer link is stronger');

    await lab.changeLink(DOMAIN_DN, base, '--enforce');
    await lab.refresh();
    await becomes('the enforced value', async () => (await duration()) === 60);
    assert.match((await setting('standardUserAuthorizationFailureDurationMinutes'))?.source ?? '', /Base.*enforced/);

    await lab.changeLink(DOMAIN_DN, base, '--disable');
    await lab.refresh();
    await becomes('the end of the block', isFree);
    assert.equal(await duration(), 30);

    await lab.changeLink(DOMAIN_DN, base);
    await lab.refresh();
    await becomes('the block', isBlocked);
    await lab.setInheritance(unit, 'block');
    await lab.refresh();
    await becomes('the end of the block', isFree);
    await lab.setInheritance(unit, 'inherit');
    await lab.refresh();
    await becomes('the block', isBlocked);
    await lab.setGpoAttribute(base, 'flags', '2');
    await lab.refresh();
    await becomes('the end of the block, since the computer settings of the GPO are disabled', isFree);
    assert.match(await lab.refresh('--rsop'), /the computer settings of this GPO are disabled/);
    await lab.setGpoAttribute(base, 'flags', '0');
    await lab.refresh();
    await becomes('the block', isBlocked);
    await lab.denyGpo(base);
    await lab.refresh();
    await becomes('the end of the block', isFree);
    await lab.deleteGpo(base);
    await lab.deleteGpo(own);
    await lab.refresh();
    await becomes('the default', async () => (await duration()) === 480);
  });

  it('follows the order of two links of one container, and names every GPO that blocks a command', async () => {
    const { lab, duration, becomes, isFree, tbs } = scene();
    const left = await lab.createGpo('Left', [...blocks(GET_RANDOM), lasts(41)]);
    const right = await lab.createGpo('Right', [...blocks(GET_RANDOM), lasts(42)]);
    await lab.link(DOMAIN_DN, left);
    await lab.link(DOMAIN_DN, right);
    await lab.refresh();
    await becomes('the value of either GPO', async () => [41, 42].includes(Number(await duration())));
    const before = Number(await duration());
    await lab.reverseLinks(DOMAIN_DN);
    await lab.refresh();
    await becomes('the other value', async () => (await duration()) === 83 - before);

    const { status, stdout } = tbs('block', 'test', 'TPM2_GetRandom', '--json');
    assert.equal(status, 2, 'the command is blocked');
    const [verdict] = (JSON.parse(stdout) as { verdicts: readonly { source: string; liftedBy: string }[] }).verdicts;
    for (const name of ['GPO "Left" linked to DC=tpmlab', 'GPO "Right" linked to DC=tpmlab']) {
      assert.ok(verdict?.source.includes(name), verdict?.source);
      assert.ok(verdict?.liftedBy.includes(name), verdict?.liftedBy);
    }
    await lab.deleteGpo(left);
    await lab.deleteGpo(right);
    await lab.refresh();
    await becomes('the end of the block', isFree);
  });

  it('reports a WMI filter that it cannot evaluate', async () => {
    const { lab, policy, duration, becomes } = scene();
    const gpo = await lab.createGpo('Laptops only', [lasts(77)]);
    await lab.setGpoAttribute(gpo, 'gPCWQLFilter', '[tpmlab.example;{A0000000-0000-4000-8000-000000000000};0]');
    await lab.link(DOMAIN_DN, gpo);
    await lab.refresh();
    await becomes('the value', async () => (await duration()) === 77);
    assert.match(JSON.stringify((await policy()).problems), /Laptops only.*WMI filter is not evaluated/);
    await lab.deleteGpo(gpo);
  });
}
