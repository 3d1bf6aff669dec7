/** The worker with real PowerShell, without supervisor and broker. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { ENGINE_NAMES } from '../../ts-core/actions/engines/engine.js';
import type { Worker } from '../../ts-core/actions/supervisor.js';
import type { WorkerMessage } from '../../ts-core/actions/worker-messages.js';
import { startWorker } from '../../ts-core/actions/worker-process.js';
import { REPOSITORY } from '../support/daemon.js';
import { environmentOf } from './action-programs.js';

type Outcome = Extract<WorkerMessage, { type: 'ended' }>;

for (const engine of ENGINE_NAMES) {
  describe(`the worker of event actions with ${engine}`, function () {
    this.timeout(120_000);
    let worker: Worker | undefined;
    let exited: Promise<string>;
    let onEnded: (outcome: Outcome) => void;
    const logged: string[] = [];

    before(async function () {
      const env = await environmentOf(engine);
      // `node packaging/edge/build.mjs` builds edge-js, in a minute.
      if (env === undefined) this.skip();
      const program = join(REPOSITORY, 'bin', 'tbs-actions.js');
      await new Promise<void>((ready, failed) => {
        exited = new Promise((resolve) => {
          worker = startWorker(
            { engine, program, env: { ...process.env, ...env }, log: (text) => logged.push(text) },
            {
              ready,
              ended: (outcome) => onEnded(outcome),
              exited: (how) => {
                resolve(how);
                failed(new Error(`${how}: ${logged.join(' ')}`));
              },
            },
          );
        });
      });
    });

    after(async () => {
      worker?.kill();
      await exited;
    });

    function run(script: string, limitMs = 30_000): Promise<Outcome> {
      return new Promise((resolve) => {
        onEnded = resolve;
        const path = '/nowhere/script.ps1';
        worker?.run({ script: Buffer.from(script).toString('base64'), path, event: '{}', limitMs });
      });
    }

    it('stops a script after its time, with what it has written, and runs the next', async () => {
      const { result, output, error } = await run('"begins"; while ($true) { Start-Sleep 60 }', 1500);
      assert.deepEqual([result, output, error], ['timedOut', 'begins', 'It ran longer than 1.5 s and was stopped.']);
      assert.equal((await run('"works"')).output, 'works');
    });

    it('stops a script that handles being stopped', async () => {
      const { result } = await run('try { while ($true) { } } finally { "ends" }', 500);
      assert.equal(result, 'timedOut');
    });
  });
}

describe('the worker of event actions without PowerShell', () => {
  it('ends, and prints only the reason', async () => {
    const logged: string[] = [];
    const how = await new Promise<string>((resolve) => {
      startWorker(
        {
          engine: 'node-powershell',
          program: join(REPOSITORY, 'bin', 'tbs-actions.js'),
          env: { PATH: '/nowhere' },
          log: (text) => logged.push(text),
        },
        { ready: () => resolve('ready'), ended: () => resolve('ended'), exited: resolve },
      );
    });
    assert.equal(how, 'exit code 1');
    assert.match(logged.join(''), /^PowerShell cannot be run: .*\bspawn pwsh ENOENT$/s);
  });
});
