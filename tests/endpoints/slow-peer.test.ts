import assert from 'node:assert/strict';
import { SlowPeer } from '../../ts-core/endpoints/slow-peer.js';

describe('a peer that has not sent the rest of a message', () => {
  it('is too slow if that message takes too long, whatever trickles in', () => {
    const peer = new SlowPeer(100);
    assert.deepEqual(
      [0, 50, 99, 100].map((nowMs) => peer.sendsTooSlowly(nowMs, 1)),
      [false, false, false, true],
    );
  });

  it('has the whole time for each message, and no limit between them', () => {
    const peer = new SlowPeer(100);
    assert.equal(peer.sendsTooSlowly(0, 1), false);
    assert.equal(peer.sendsTooSlowly(90, 2), false);
    assert.equal(peer.sendsTooSlowly(189, 2), false);
    assert.equal(peer.sendsTooSlowly(300, undefined), false);
    assert.equal(peer.sendsTooSlowly(500, 3), false);
    assert.equal(peer.sendsTooSlowly(600, 3), true);
  });
});

describe('a peer that has to read', () => {
  it('is too slow if it has read nothing for too long', () => {
    const peer = new SlowPeer(100);
    assert.equal(peer.readsTooSlowly(0, true, 10), false);
    assert.equal(peer.readsTooSlowly(99, true, 10), false);
    assert.equal(peer.readsTooSlowly(100, true, 10), true);
  });

  it('has the whole time again after every byte that it reads, and while nothing holds others up', () => {
    const peer = new SlowPeer(100);
    peer.readsTooSlowly(0, true, 10);
    assert.equal(peer.readsTooSlowly(100, true, 11), false);
    assert.equal(peer.readsTooSlowly(150, false, 11), false);
    assert.equal(peer.readsTooSlowly(240, true, 11), false);
    assert.equal(peer.readsTooSlowly(339, true, 11), false);
    assert.equal(peer.readsTooSlowly(340, true, 11), true);
  });
});
