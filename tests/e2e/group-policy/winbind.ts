/** Tests refreshes that winbind runs by itself, because of `apply group policies = yes`. */
import assert from 'node:assert/strict';
import { DOMAIN_DN } from '../../support/group-policy-lab.js';
import { blocks, GET_RANDOM, type Scene } from './scene.js';

/** winbindd starts the first refresh a second after its own start. */
const REFRESH_SECONDS = 120;

export function itFollowsWinbind(scene: () => Scene): void {
  it('is refreshed by winbind when it starts, with the extension as it was registered', async () => {
    const { lab, becomes, isBlocked, isFree, setting } = scene();
    const before = await isBlocked();
    const gpo = await lab.createGpo('By winbind', blocks(GET_RANDOM));
    await lab.link(DOMAIN_DN, gpo);
    assert.equal(await isBlocked(), before, 'nothing refreshes by itself yet');
    {
      await using _winbind = await lab.machines.startWinbind();
      const comesFrom = async () => (await setting('blockedCommands'))?.source ?? '';
      await becomes('the list', async () => (await comesFrom()).includes('By winbind'), REFRESH_SECONDS);
      assert.ok(await isBlocked());
    }
    await lab.deleteGpo(gpo);
    {
      await using _winbind = await lab.machines.startWinbind();
      await becomes('the end of the block', isFree, REFRESH_SECONDS);
    }
  });
}
