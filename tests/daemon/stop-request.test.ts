import assert from 'node:assert/strict';
import { StopRequest } from '../../ts-core/daemon/stop-request.js';

/** A stop that records the time-outs with which it began; the test decides when it ends. */
function stopOf(request: StopRequest) {
  const began: number[] = [];
  let end: (error?: Error) => void = () => undefined;
  const requested = request.serve((drainTimeoutMs) => {
    began.push(drainTimeoutMs);
    return new Promise((resolve, reject) => {
      end = (error) => (error === undefined ? resolve() : reject(error));
    });
  });
  return { ...requested, began, end: (error?: Error) => end(error) };
}

describe('a stop of the daemon', () => {
  it('runs once, with the time-out of the first who asks, and everybody waits for it', async () => {
    const request = new StopRequest();
    const stop = stopOf(request);
    assert.equal(request.isAsked, false);
    const [first, second] = [stop.stop(5_000), stop.stop(1)];
    request.ask(2);
    assert.equal(request.isAsked, true);
    assert.deepEqual(stop.began, [5_000]);
    stop.end();
    await Promise.all([first, second, stop.stopped]);
    request.ask(3);
    assert.deepEqual(stop.began, [5_000]);
  });

  it('that was requested while the daemon started begins once it has started, with the requested time-out', async () => {
    const request = new StopRequest();
    request.ask(7_000);
    request.ask(1);
    const stop = stopOf(request);
    assert.deepEqual(stop.began, [7_000]);
    stop.end();
    await stop.stopped;
  });

  it('ends with the failure that made it necessary, once it is complete', async () => {
    const request = new StopRequest();
    const stop = stopOf(request);
    request.ask(0, new Error('another TPM'));
    let settled = false;
    stop.stopped.catch(() => (settled = true));
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(settled, false);
    stop.end();
    await assert.rejects(stop.stopped, /another TPM/);
  });

  it('that was already requested ends well, whatever fails meanwhile', async () => {
    const request = new StopRequest();
    const stop = stopOf(request);
    request.ask(5_000);
    request.ask(0, new Error('another TPM'));
    stop.end();
    await stop.stopped;
    assert.deepEqual(stop.began, [5_000]);
  });

  it('reports its failure to everybody who waits for it', async () => {
    const stop = stopOf(new StopRequest());
    const asked = stop.stop(0);
    stop.end(new Error('ENOSPC'));
    await assert.rejects(asked, /ENOSPC/);
    await assert.rejects(stop.stopped, /ENOSPC/);
  });
});
