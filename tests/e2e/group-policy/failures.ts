/** Tests which policy stays in force when a refresh fails, is killed, or is undone. */
import assert from 'node:assert/strict';
import { chmod, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DOMAIN_DN } from '../../support/group-policy-lab.js';
import { blocks, GET_RANDOM, lasts, type Scene } from './scene.js';

export function itStaysInForce(scene: () => Scene): void {
  it('keeps what a GPO said before its file was damaged, and reports the damage', async () => {
    const { lab, policy, becomes, isBlocked } = scene();
    const gpo = await lab.createGpo('Damaged later', blocks(GET_RANDOM));
    await lab.link(DOMAIN_DN, gpo);
    await lab.refresh();
    await becomes('the block', isBlocked);
    await lab.writeGpoBytes(gpo, new TextEncoder().encode('PReg\u0001\0\0\0[broken'));
    await lab.refresh();
    assert.ok(await isBlocked());
    await becomes('the report', async () => JSON.stringify(await policy()).includes('cannot be used'));
    await lab.writeGpo(gpo, blocks(GET_RANDOM));
  });

  it('stays in force when samba-gpupdate is killed at any step of writing the delivery', async () => {
    const { lab, root, duration, becomes, isBlocked } = scene();
    assert.ok(await isBlocked(), 'the block of the previous test is in force');
    const gpo = await lab.createGpo('Changed later', [lasts(51)]);
    await lab.link(DOMAIN_DN, gpo);
    await lab.refresh();
    await becomes('the old value', async () => (await duration()) === 51);
    const files = ['Registry.pol', 'manifest.json'].map((name) => join(lab.delivery, name));
    const old = await Promise.all(files.map((file) => readFile(file)));
    await lab.writeGpo(gpo, [lasts(52)]);
    let step = 1;
    while (await lab.refreshKilledAt(step)) {
      assert.ok(await isBlocked(), `killed at step ${step}`);
      await root.call('policy/refresh');
      assert.ok(await isBlocked(), `killed at step ${step}, and read again`);
      assert.ok([51, 52].includes(Number(await duration())), `killed at step ${step}`);
      // Each step interrupts the change from the old delivery to the new one.
      for (const [index, file] of files.entries()) await writeFile(file, old[index] as Buffer);
      step += 1;
    }
    assert.ok(step > 20, `${step} steps`);
    await becomes('the new value', async () => (await duration()) === 52);
    await lab.deleteGpo(gpo);
  }).timeout(300_000);

  it('does not deliver into a folder that others can write, and does not follow their links', async () => {
    const { lab, isBlocked } = scene();
    const lock = join(lab.delivery, '.lock');
    const manifest = join(lab.delivery, 'manifest.json');
    assert.equal((await stat(lock)).mode & 0o077, 0, 'whoever can open the lock file can stop every refresh');
    const before = await readFile(manifest, 'utf8');
    await chmod(lab.delivery, 0o777);
    assert.match(await lab.refresh(), /delivered can be written by others than its owner \(chmod go-w\)/);
    await chmod(lab.delivery, 0o755);
    const victim = join(lab.machines.folder, 'victim');
    await writeFile(victim, 'untouched');
    await rm(lock);
    await symlink(victim, lock);
    assert.match(await lab.refresh(), /Too many levels of symbolic links/);
    assert.equal(await readFile(victim, 'utf8'), 'untouched');
    assert.equal(await readFile(manifest, 'utf8'), before);
    await rm(lock);
    await lab.refresh();
    assert.notEqual(await readFile(manifest, 'utf8'), before);
    assert.ok(await isBlocked());
  });

  it('stays in force when the controller goes away, or dies in the middle of a refresh', async () => {
    const { lab, root, isBlocked } = scene();
    await lab.machines.setControllerReachable(false);
    await lab.refresh().catch(() => '');
    assert.ok(await isBlocked(), 'without a controller');
    await lab.machines.setControllerReachable(true);
    await lab.refreshDuring(() => lab.machines.killController());
    await root.call('policy/refresh');
    assert.ok(await isBlocked(), 'the controller was killed during the refresh');
    await lab.machines.restartController();
    await lab.refresh();
    assert.ok(await isBlocked());
  });

  it('stays in force when the file of the extension vanishes, which makes every refresh fail', async () => {
    const { lab, isBlocked } = scene();
    const copy = await lab.registerCopy();
    await lab.refresh();
    await rm(copy);
    await assert.rejects(lab.refresh(), /FileNotFoundError.*gp_tbs_ext\.py/s);
    assert.ok(await isBlocked());
    assert.match(await lab.registerExtension(), new RegExp(`writes the TPM policy into ${lab.delivery}\\.`));
    await lab.refresh();
    assert.ok(await isBlocked());
  });

  it('prints the settings of each GPO with --rsop, and removes all of them with --unapply', async () => {
    const { lab, becomes, isBlocked, isFree } = scene();
    assert.match(await lab.refresh('--rsop'), /BlockedCommands\\List\\379 = REG_SZ 379/);
    await lab.refresh('--unapply');
    await becomes('the end of the block', isFree);
    const manifest = JSON.parse(await readFile(join(lab.delivery, 'manifest.json'), 'utf8')) as { state: string };
    assert.equal(manifest.state, 'unapplied');
    await lab.refresh();
    await becomes('the block', isBlocked);
  });

  it('is removed when the extension is unregistered, and is in force again after it is registered again', async () => {
    const { lab, becomes, isBlocked, isFree } = scene();
    assert.match(await lab.unregisterExtension(), /no longer applies to this machine/);
    await becomes('the end of the block', isFree);
    await lab.refresh();
    assert.ok(await isFree(), 'a refresh no longer delivers');
    const told = await lab.registerExtension();
    assert.ok(
      told.includes(`"folder": "${lab.delivery}"`),
      'the output says what to put into tbsd.json, since the folder is not the default',
    );
    await lab.refresh();
    await becomes('the block', isBlocked);
  });
}
