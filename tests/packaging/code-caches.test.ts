import { Status } from '../../ts-core/endpoints/rpc/protocol/status.js';

const SCRIPT = new URL('../../../packaging/bundle/write-code-caches.cjs', import.meta.url).href;

describe('the stand-in for a broker with which tbs writes its code cache', () => {
  it('answers with a status as the protocol defines it', async () => {
    const { STATUS } = (await import(SCRIPT)) as { STATUS: unknown };
    Status.parse(STATUS);
  });
});
