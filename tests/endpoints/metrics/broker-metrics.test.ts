import assert from 'node:assert/strict';
import { TPM_CC } from '../../../ts-core/domain/tpm20/codes.js';
import { brokerMetrics } from '../../../ts-core/endpoints/metrics/broker-metrics.js';
import { metricsRig, OBSERVER } from './metrics-rig.js';

function setUp() {
  const rig = metricsRig();
  const metrics = brokerMetrics(rig.application, OBSERVER, '1.2.3');
  const linesOf = async (name: string) =>
    (await metrics.text()).split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
  return { ...rig, metrics, linesOf };
}

const TIMES = { waitMs: 250, durationMs: 20 };

describe('the metrics of ended commands', () => {
  it('count by the command’s name, the caller’s class and the result', async () => {
    const { ended, linesOf } = setUp();
    const command = { code: TPM_CC.GetRandom, callerClass: 'standardUser', result: 'success', times: TIMES } as const;
    ended(command);
    ended(command);
    ended({ ...command, callerClass: 'administrator' });
    assert.deepEqual(await linesOf('tbs_commands_total'), [
      'tbs_commands_total{code="TPM2_GetRandom",class="standardUser",result="success"} 2',
      'tbs_commands_total{code="TPM2_GetRandom",class="administrator",result="success"} 1',
    ]);
  });

  it('have one label for all codes that the specification does not name, however many a caller invents', async () => {
    const { ended, linesOf } = setUp();
    for (let code = 0x20000100; code < 0x20000200; code++) {
      ended({ code, callerClass: 'standardUser', result: 'refused', times: undefined });
    }
    ended({ code: undefined, callerClass: 'standardUser', result: 'refused', times: undefined });
    assert.deepEqual(await linesOf('tbs_commands_total'), [
      'tbs_commands_total{code="other",class="standardUser",result="refused"} 257',
    ]);
  });

  it('measure seconds in the queue and in the TPM, of those that reached it', async () => {
    const { ended, linesOf } = setUp();
    const command = { code: TPM_CC.GetRandom, callerClass: 'standardUser', result: 'success' } as const;
    ended({ ...command, times: TIMES });
    ended({ ...command, times: undefined });
    assert.deepEqual(await linesOf('tbs_command_wait_seconds_sum'), ['tbs_command_wait_seconds_sum 0.25']);
    assert.deepEqual(await linesOf('tbs_command_wait_seconds_count'), ['tbs_command_wait_seconds_count 1']);
    assert.deepEqual(await linesOf('tbs_command_duration_seconds_sum'), [
      'tbs_command_duration_seconds_sum{code="TPM2_GetRandom"} 0.02',
    ]);
  });

  it('end with the endpoint', () => {
    const { metrics, followers } = setUp();
    assert.equal(followers.size, 1);
    metrics.close();
    assert.equal(followers.size, 0);
  });

  it('name the version of the broker, as text and as objects', async () => {
    const { metrics, linesOf } = setUp();
    assert.deepEqual(await linesOf('tbs_build_info'), ['tbs_build_info{version="1.2.3"} 1']);
    const names = (await metrics.families()).map(({ name }) => name);
    assert.ok(names.includes('tbs_build_info') && names.includes('tbs_tpm_up'));
    assert.match(metrics.contentType, /^text\/plain/);
  });
});
