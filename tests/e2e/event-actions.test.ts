/** Event actions end to end: a real broker, the real service, and real PowerShell under node-powershell. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { EventAction, EventActionRun } from '../../ts-core/endpoints/rpc/protocol/event-action.js';
import { ActionScripts, ActionService } from '../actions/action-programs.js';
import { REPOSITORY, TestDaemon } from '../support/daemon.js';
import type { RpcClient } from '../support/rpc-client.js';

interface PowerShellTool {
  findPowerShell(): Promise<{ readonly folder: string }>;
}

async function pwshFolder(): Promise<string> {
  const tool: PowerShellTool = await import(pathToFileURL(join(REPOSITORY, 'tools', 'pwsh.mjs')).href);
  return (await tool.findPowerShell()).folder;
}

for (const engine of ['node-powershell'] as const) {
  describe(`event actions under ${engine}`, function () {
    this.timeout(300_000);
    let daemon: TestDaemon;
    let client: RpcClient;
    let scripts: ActionScripts;
    let service: ActionService;

    before(async () => {
      daemon = await TestDaemon.start();
      client = await daemon.connect();
      scripts = new ActionScripts();
      service = new ActionService({
        engine,
        socket: daemon.rpcSocket,
        pwshFolder: await pwshFolder(),
      });
      await service.following();
    });
    after(async () => {
      await service?.[Symbol.asyncDispose]();
      scripts?.[Symbol.dispose]();
      client?.close();
      await daemon?.[Symbol.asyncDispose]();
    });

    async function run(name: string, text: string): Promise<EventActionRun> {
      await client.call('eventAction/register', { kinds: ['listChanged'], path: scripts.write(name, text) });
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
        ['succeeded', ['listChanged', 'True', 'DateTime', scripts.folder]],
      );
      assert.equal(sha256, (await action('object')).sha256);
    });

    it('have a runspace of their own in each run', async () => {
      assert.equal((await run('first', '$global:left = 5; Set-Location /; 1')).result, 'succeeded');
      assert.equal((await run('second', '"[$left]"')).output, '[]');
    });

    it('fail by a terminating error or a fault of the text, not by what they write', async () => {
      const thrown = await run('thrown', '\nthrow "no mail server"');
      assert.deepEqual([thrown.result, thrown.error], ['failed', 'no mail server (line 2)']);
      assert.match((await run('faulty', 'if (')).error ?? '', /Missing condition/);
      const noisy = await run('noisy', 'Write-Error bad; Write-Warning odd; [Console]::Error.WriteLine("x"); "after"');
      assert.deepEqual([noisy.result, noisy.output.split('\n').at(-1)], ['succeeded', 'after']);
    });

    it('may write to the console and flood it, which nobody takes for an answer', async () => {
      const text =
        '$out = [Console]::OpenStandardOutput(); 1..2000 | % { $out.Write([byte[]]::new(100), 0, 100) }; "done"';
      assert.equal((await run('flood', text)).output, 'done');
      const much = await run('much', '1..20000 | % { "line $_" }');
      assert.ok(much.result === 'succeeded' && much.output.length <= 8192, `${much.result} ${much.output.length}`);
    });

    it('fail when they want more memory than they may have, and leave the service running', async () => {
      const text = '$all = [Collections.ArrayList]::new(); for (;;) { [void] $all.Add([byte[]]::new(8mb)) }';
      const { result } = await run('memory', `$ErrorActionPreference = 'Stop'; ${text}`);
      assert.ok(result === 'failed' || result === 'crashed', result);
      assert.equal((await run('after', '"works"')).output, 'works');
    });

    it('are said to have crashed when they end the process, and the next one runs', async () => {
      assert.equal((await run('exits', '[Environment]::Exit(3)')).result, 'crashed');
      assert.equal((await run('next', '"works"')).output, 'works');
    });

    it('are stopped after 30 s, and ended 2 s later if they do not stop', async () => {
      const stopped = await run('loops', 'while ($true) { Start-Sleep 1 }');
      assert.deepEqual([stopped.result, stopped.durationMs >= 30_000], ['timedOut', true]);
      const ended = await run('sleeps', '[Threading.Thread]::Sleep(600000)');
      assert.deepEqual([ended.result, ended.durationMs >= 32_000], ['timedOut', true]);
      assert.equal((await run('later', '"works"')).output, 'works');
    });

    it('run when the broker raises an event of their kind, and are counted', async () => {
      await run('counted', '"once"');
      await client.call('commandBlock/add', { commands: ['TPM2_Sign'] });
      await client.call('commandBlock/remove', { commands: ['TPM2_Sign'] });
      // A test runs before what waits; after a second one, the figures of the first run are reported.
      while ((await action('counted')).runs < 1) await client.call('eventAction/test', { name: 'counted' });
      assert.equal((await action('counted')).lastResult, 'succeeded');
      assert.ok(service.isRunning, service.errorOutput);
    });
  });
}
