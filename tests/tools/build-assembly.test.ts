/** Tests tools/build-assembly.mjs on a machine that has pwsh but no .NET SDK. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { REPOSITORY } from '../support/daemon.js';
import { findPowerShell } from '../support/powershell.js';
import { run } from '../support/run-program.js';

interface DotnetTool {
  findSdk(): unknown;
}

describe('tools/build-assembly.mjs without the .NET SDK', function () {
  this.timeout(180_000);
  let folder: string;
  let clone: string;

  before(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'no-sdk-'));
    clone = path.join(folder, 'clone');
    fs.mkdirSync(path.join(folder, 'bin'));
    for (const part of ['tools', 'module/src', 'module/TpmTbs.format.ps1xml', 'TpmTbs.psd1']) {
      const filter = (file: string) => !/\/module\/src\/(bin|obj)$/.test(file);
      fs.cpSync(path.join(REPOSITORY, part), path.join(clone, part), { recursive: true, filter });
    }
    const { path: pwsh } = await findPowerShell();
    const root = process.env.DOTNET_ROOT ?? '';
    const program = `#!/bin/sh\nDOTNET_ROOT='${root}' exec '${pwsh}' "$@"\n`;
    fs.writeFileSync(path.join(folder, 'bin', 'pwsh'), program, { mode: 0o755 });
    fs.symlinkSync('/bin/sh', path.join(folder, 'bin', 'sh'));
  });
  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  const build = () => {
    const tool = path.join(clone, 'tools', 'build-assembly.mjs');
    return run(process.execPath, [tool], {
      env: { PATH: path.join(folder, 'bin'), HOME: folder, DOTNET_ROOT: undefined },
    });
  };

  it('builds with pwsh’s own compiler, and again after a source has changed', async () => {
    const assembly = path.join(clone, 'module', 'bin', 'net8.0', 'TpmTbs.dll');
    for (const round of ['first', 'second']) {
      const { code, stderr } = await build();
      assert.equal(code, 0, `${round}: ${stderr}`);
      assert.ok(fs.statSync(assembly).size > 100_000, round);
      fs.rmSync(assembly);
      fs.writeFileSync(assembly, 'what an earlier build has left');
      fs.appendFileSync(path.join(clone, 'module', 'src', 'ClassName.cs'), '// changed\n');
    }
    const { code } = await build();
    assert.equal(code, 0);
    const script = `Import-Module '${clone}/TpmTbs.psd1'; (Get-Command -Module TpmTbs).Count`;
    const { stdout } = await run(path.join(folder, 'bin', 'pwsh'), ['-NoProfile', '-Command', script]);
    assert.ok(Number(stdout) >= 50, stdout);
  });
});

/** Prints how many methods PowerShell compiles while it loads the module and runs a cmdlet, and which are the module's. */
const COMPILED_METHODS = `
Add-Type @'
using System;
using System.Collections.Concurrent;
using System.Diagnostics.Tracing;
public sealed class CompiledMethods : EventListener
{
    public static readonly ConcurrentQueue<string> Names = new();
    protected override void OnEventSourceCreated(EventSource source)
    {
        const EventKeywords Jit = (EventKeywords)0x10;
        if (source.Name == "Microsoft-Windows-DotNETRuntime") EnableEvents(source, EventLevel.Verbose, Jit);
    }
    protected override void OnEventWritten(EventWrittenEventArgs method)
    {
        if (method.EventName.StartsWith("MethodLoadVerbose")) Names.Enqueue(method.Payload[6] + "." + method.Payload[7]);
    }
}
'@
$listener = [CompiledMethods]::new()
Import-Module $env:MODULE
try { Get-TbsLockout } catch { $refusal = $_.FullyQualifiedErrorId }
$names = [CompiledMethods]::Names.ToArray()
@{ refusal = $refusal; compiled = $names.Count; ours = @($names -like 'TpmTbs.*') } | ConvertTo-Json -Compress`;

describe('tools/build-assembly.mjs with the .NET SDK', function () {
  this.timeout(60_000);

  it('compiles code ahead of time that PowerShell then runs without compiling it again', async function () {
    const { findSdk }: DotnetTool = await import(new URL('../../../tools/dotnet.mjs', import.meta.url).href);
    // pwsh's own compiler, which builds where there is no SDK, compiles nothing ahead of time.
    if (findSdk() === undefined) this.skip();
    const { path: pwsh } = await findPowerShell();
    const env = { MODULE: path.join(REPOSITORY, 'TpmTbs.psd1'), TPMTBS_SOCKET: '/nonexistent/socket' };
    const { stdout, stderr } = await run(pwsh, ['-NoProfile', '-Command', COMPILED_METHODS], { env });
    assert.equal(stderr, '');
    const { refusal, compiled, ours } = JSON.parse(stdout) as { refusal: string; compiled: number; ours: string[] };
    assert.match(refusal, /^TbsServiceNotRunning|TBS_E_SERVICE_NOT_RUNNING/);
    assert.ok(compiled > 50, `the listener has heard of ${compiled} methods`);
    assert.deepEqual(ours, []);
  });
});
