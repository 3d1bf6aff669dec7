import assert from 'node:assert/strict';
import { SharedMetrics } from '../../ts-core/daemon/shared-metrics.js';

function countedMetrics() {
  const counts = { opened: 0, closed: 0 };
  const shared = new SharedMetrics(async () => {
    counts.opened++;
    const close = () => void counts.closed++;
    return { contentType: 'text/plain', text: async () => '', families: async () => [], close };
  });
  return { shared, counts };
}

describe('the metrics that several publishers share', () => {
  it('are counted once, and stop when the endpoints close', async () => {
    const { shared, counts } = countedMetrics();
    const [first, second] = await Promise.all([shared.get(), shared.get()]);
    assert.equal(first, second);
    assert.deepEqual(counts, { opened: 1, closed: 0 });
    await shared.close();
    assert.deepEqual(counts, { opened: 1, closed: 1 });
  });

  it('are not counted when nothing publishes them', async () => {
    const { shared, counts } = countedMetrics();
    await shared.close();
    assert.deepEqual(counts, { opened: 0, closed: 0 });
  });
});
