/** Tests event actions with a real broker, the real service, and real PowerShell under each engine. */
import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { watch } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { TPM_CC } from '../../ts-core/domain/tpm20/codes.js';
import type { EventAction, EventActionRun } from '../../ts-core/endpoints/rpc/protocol/event-action.js';
import { ActionScripts, ActionService, environmentOf, TESTED_ENGINES } from '../actions/action-programs.js';
import { ALICE, canBecomeOthers, connectAs } from '../support/as-user.js';
import { TestDaemon } from '../support/daemon.js';
import type { RpcClient } from '../support/rpc-client.js';
import { command } from '../support/tpm20-commands.js';

const NEEDS = { 'node-powershell': '', 'edge-js': ', which node packaging/edge/build.mjs builds' };

for (const engine of TESTED_ENGINES) {
  describe(`event actions under ${engine}${NEEDS[engine]}`, function () {
    this.timeout(300_000);
    let daemon: TestDaemon;
    let client: RpcClient;
    let scripts: ActionScripts;
    let service: ActionService;

    before(async function () {
      const env = await environmentOf(engine);
      // `node packaging/edge/build.mjs` builds edge-js, in a minute.
      if (env === undefined) this.skip();
      daemon = await TestDaemon.start();
      client = await daemon.connect();
      scripts = new ActionScripts();
      service = new ActionService({ engine, socket: daemon.rpcSocket, env });
      await service.following();
    });
    after(async () => {
      await service?.[Symbol.asyncDispose]();
      scripts?.[Symbol.dispose]();
      client?.close();
      await daemon?.[Symbol.asyncDispose]();
    });

    afterEach(async () => {
      const { actions } = await client.call<{ actions: EventAction[] }>('eventAction/list');
      for (const { name } of actions) await client.call('eventAction/unregister', { name });
    });

    async function run(name: string, text: string): Promise<EventActionRun> {
      await client.call('eventAction/register', { kinds: ['policyChanged'], path: scripts.write(name, text) });
      return client.call<EventActionRun>('eventAction/test', { name });
    }

    async function action(name: string): Promise<EventAction> {
      const { actions } = await client.call<{ actions: EventAction[] }>('eventAction/list');
      return actions.find((each) => each.name === name) as EventAction;
    }

    it('give the script the event as an object, whatever is in it', async () => {
      const text =
        'param($TbsEvent) $TbsEvent.Kind; $TbsEvent.Details.Test; $TbsEvent.Time.GetType().Name; $PSScriptRoot';
      const { result, output, sha256 } = await run('object', text);
      assert.deepEqual(
        [result, output.split('\n')],
        ['succeeded', ['policyChanged', 'True', 'DateTime', scripts.folder]],
      );
      assert.equal(sha256, (await action('object')).sha256);
    });

    it('have a runspace of their own in each run', async () => {
      assert.equal((await run('first', '$global:left = 5; Set-Location /; 1')).result, 'succeeded');
      assert.equal((await run('second', '"[$left]"')).output, '[]');
    });

    it('fail with an exit code other than 0, as scripts of pwsh itself do', async () => {
      const { result, output, error } = await run('exit', '"before"; function End { exit 3 }; End; "after"');
      assert.deepEqual([result, output, error], ['failed', 'before', 'It ended with exit code 3.']);
      assert.deepEqual((await run('fine', '"before"; exit 0; "after"')).result, 'succeeded');
      assert.deepEqual((await run('program', '/bin/false; "after"')).output, 'after');
    });

    it('fail after a terminating error or a syntax error, but not because of what they write', async () => {
      const thrown = await run('thrown', '\nthrow "no mail server"');
      assert.deepEqual([thrown.result, thrown.error], ['failed', 'no mail server (line 2)']);
      assert.match((await run('faulty', 'if (')).error ?? '', /Missing condition/);
      const noisy = await run('noisy', 'Write-Error bad; Write-Warning odd; [Console]::Error.WriteLine("x"); "after"');
      assert.deepEqual([noisy.result, noisy.output.split('\n').at(-1)], ['succeeded', 'after']);
    });

    it('may flood the console: the service does not take its output for an answer', async () => {
      const text =
        '$out = [Console]::OpenStandardOutput(); 1..2000 | % { $out.Write([byte[]]::new(100), 0, 100) }; "done"';
      assert.equal((await run('flood', text)).output, 'done');
      const much = await run('much', '1..20000 | % { "line $_" }');
      assert.ok(much.result === 'succeeded' && much.output.length <= 8192, `${much.result} ${much.output.length}`);
    });

    it('fail when they exceed their memory limit, and the service keeps running', async () => {
      const text = '$all = [Collections.ArrayList]::new(); for (;;) { [void] $all.Add([byte[]]::new(8mb)) }';
      const { result } = await run('memory', `$ErrorActionPreference = 'Stop'; ${text}`);
      assert.ok(result === 'failed' || result === 'crashed', result);
      assert.equal((await run('after', '"works"')).output, 'works');
    });

    it('are reported as crashed when they end the process, and the next one runs', async () => {
      assert.equal((await run('exits', '[Environment]::Exit(3)')).result, 'crashed');
      assert.equal((await run('next', '"works"')).output, 'works');
    });

    it('are stopped after 30 s, and ended 2 s later if they do not stop', async () => {
      const { result, durationMs, error } = await run('sleeps', '[Threading.Thread]::Sleep(600000)');
      assert.deepEqual([result, durationMs >= 32_000], ['timedOut', true]);
      assert.equal(error, 'It ran longer than 30 s and did not stop.');
      assert.equal((await run('later', '"works"')).output, 'works');
    });

    it('run when the broker raises an event of their kind, and not for another', async () => {
      const written = join(scripts.folder, 'written');
      const text = `param($TbsEvent) "$($TbsEvent.Kind) $($TbsEvent.Count)" >> '${written}'; "done"`;
      const kinds = { changed: ['policyChanged'], locked: ['lockoutBegan'] };
      for (const [name, each] of Object.entries(kinds)) {
        await client.call('eventAction/register', { kinds: each, path: scripts.write(name, text) });
      }
      const raised = waitForChange(written);
      // The broker finds the change by itself: no user causes the event.
      await daemon.writePolicy('60-test.json', { standardUserAuthorizationFailureTotalThreshold: 21 });
      await raised;
      // The service reports in order: when the result of a test has arrived, so have those of earlier runs.
      await client.call('eventAction/test', { name: 'locked' });
      assert.deepEqual(linesOf(written), ['policyChanged 1', 'lockoutBegan 1']);
      const { runs, failures, lastResult } = await action('changed');
      assert.deepEqual([runs, failures, lastResult], [1, 0, 'succeeded']);
      assert.equal((await action('locked')).runs, 0);
    });

    it('do not run when their own user changes the policy, so that a script that does cannot start itself', async () => {
      const written = join(scripts.folder, 'changes');
      const text = `param($TbsEvent) $TbsEvent.Message >> '${written}'`;
      await client.call('eventAction/register', { kinds: ['policyChanged'], path: scripts.write('own', text) });
      const raised = waitForChange(written);
      await client.call('policy/set', { settings: { maxContexts: 1000 } });
      await daemon.writePolicy('60-test.json', { standardUserAuthorizationFailureTotalThreshold: 22 });
      await raised;
      assert.match(linesOf(written)[0] ?? '', /standardUserAuthorizationFailureTotalThreshold/);
    });

    it('are started by one user at most 4 times at once, and the audit log counts the dropped runs', async function () {
      if (!canBecomeOthers()) this.skip();
      await client.call('eventAction/register', { kinds: ['commandRefused'], path: scripts.write('refused', '"x"') });
      const alice = await connectAs(ALICE, daemon.rpcSocket);
      const contextId = await alice.open();
      for (const code of REFUSED_TO_USERS) await assert.rejects(alice.submit(contextId, commandWithCode(code)));
      alice.close();
      await client.call('eventAction/test', { name: 'refused' });
      const dropped = (await action('refused')).dropped;
      const audited = (await daemon.auditLines()).flatMap(({ details }) => {
        const { eventAction, reason, count } = details as Readonly<Record<string, unknown>>;
        return eventAction === 'refused' && reason === 'userLimit' ? [Number(count)] : [];
      });
      assert.equal(dropped, REFUSED_TO_USERS.length - 4);
      assert.equal(
        audited.reduce((sum, count) => sum + count, 0),
        dropped,
      );
      assert.ok(service.isRunning, service.errorOutput);
    });

    it('that are tested while the service is not running fail immediately', async () => {
      await client.call('eventAction/register', { kinds: ['warning'], path: scripts.write('away', '"x"') });
      await service[Symbol.asyncDispose]();
      await assert.rejects(client.call('eventAction/test', { name: 'away' }), /is not connected to the broker/);
    });
  });
}

/** Commands that no standard user may send. */
const REFUSED_TO_USERS = [
  TPM_CC.Clear,
  TPM_CC.ClearControl,
  TPM_CC.HierarchyControl,
  TPM_CC.HierarchyChangeAuth,
  TPM_CC.ChangePPS,
  TPM_CC.ChangeEPS,
];

/** Returns a TPM 2.0 command without parameters, which the broker refuses before it reads any. */
function commandWithCode(code: number): Buffer {
  return Buffer.from(command(code, []));
}

function linesOf(path: string): readonly string[] {
  return readFileSync(path, 'utf8').trimEnd().split('\n');
}

/** Resolves when the file changes and has content. */
async function waitForChange(path: string): Promise<void> {
  for await (const { filename } of watch(dirname(path))) {
    if (filename === basename(path) && statSync(path).size > 0) return;
  }
}
