import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type PowerShellProgram, powerShellHost, run } from './powershell-process.js';

/** One line of script and the one line of output that pwsh 7 gives for it. */
type Example = [script: string, output: string];

/** Joins what the expression writes into one line, so that each example is an expression and a text. */
function inOneLine(expression: string): string {
  return `(& { ${expression} } | ForEach-Object { "$_" }) -join '|'`;
}

const examples: Record<string, Example[]> = {
  'choose objects': [
    ['1..9 | Select-Object -First 2 -Skip 1', '2|3'],
    ['1..9 | Select-Object -Last 2', '8|9'],
    ['1..4 | Select-Object -SkipLast 2', '1|2'],
    ['5..9 | Select-Object -Index 0, 2', '5|7'],
    ["'a', 'A', 'b', 'a' | Select-Object -Unique", 'a|A|b'],
    ['1..1000000000 | Select-Object -First 1', '1'],
    ['[pscustomobject]@{ a = 1; b = 2 } | Select-Object b, c', '@{b=2; c=}'],
    ['2, 3 | Select-Object @{ Name = "square"; Expression = { $_ * $_ } }', '@{square=4}|@{square=9}'],
    ['[pscustomobject]@{ a = 1, 2 } | Select-Object -ExpandProperty a', '1|2'],
    ['[pscustomobject]@{ ab = 1; ac = 2; d = 3 } | Select-Object a* -ExcludeProperty ac', '@{ab=1}'],
  ],
  'order and count objects': [
    ["'b', 'C', 'a' | Sort-Object", 'a|b|C'],
    ['3, 1, 3, 2 | Sort-Object -Descending -Unique', '3|2|1'],
    ['@{ n = 2; s = "x" }, @{ n = 1; s = "y" }, @{ n = 1; s = "a" } | Sort-Object n, s | ForEach-Object s', 'a|y|x'],
    ['"aa", "b", "ccc" | Sort-Object { $_.Length } -Top 2', 'b|aa'],
    ['1..5 | Group-Object { $_ % 2 } | ForEach-Object { "$($_.Name):$($_.Count)" }', '0:2|1:3'],
    ['(1..4 | Group-Object { $_ % 2 -eq 0 } -AsHashTable)[$true]', '2|4'],
    [
      '1..4 | Measure-Object -Sum -Average -Maximum | ForEach-Object { $_.Count, $_.Sum, $_.Average, $_.Maximum }',
      '4|10|2.5|4',
    ],
    ['Compare-Object 1, 2 2, 3 | ForEach-Object { "$($_.InputObject)$($_.SideIndicator)" }', '3=>|1<='],
  ],
  'read and write files': [
    ["Set-Content f.txt 'one', 'two'; Add-Content f.txt 'three'; Get-Content f.txt", 'one|two|three'],
    ["Set-Content f.txt 'x' -NoNewline; (Get-Content f.txt -Raw).Length", '1'],
    ["'a', 'b', 'c' | Set-Content f.txt; Get-Content f.txt -Tail 1; Get-Content f.txt -TotalCount 1", 'c|a'],
    ['[byte[]](1, 2, 255) | Set-Content b.bin -AsByteStream; Get-Content b.bin -AsByteStream', '1|2|255'],
    ["'deep' | Out-File o.txt; (Get-Item o.txt).Length", '5'],
    [
      "New-Item -ItemType Directory d/e -Force | Out-Null; 'x' > d/e/f.log; (Get-ChildItem d -Recurse -Filter *.log).Name",
      'f.log',
    ],
    [
      'New-Item -ItemType Directory g | Out-Null; Test-Path g -PathType Container; Test-Path g -PathType Leaf; Test-Path nope',
      'True|False|False',
    ],
    [
      "'x' | Set-Content r.txt; Copy-Item r.txt s.txt; Move-Item s.txt t.txt; Remove-Item r.txt; (Get-ChildItem ?.txt -Include r*, s*, t*).Name",
      't.txt',
    ],
  ],
  'work on paths': [
    ['Join-Path a b c', 'a/b/c'],
    [
      'Split-Path /a/b.txt; Split-Path /a/b.txt -Leaf; Split-Path /a/b.txt -LeafBase; Split-Path /a/b.txt -Extension',
      '/a|b.txt|b|.txt',
    ],
    ['Push-Location /; $PWD.Path; Pop-Location', '/'],
    ['(Resolve-Path /).Path', '/'],
  ],
  'convert JSON': [
    [
      '[ordered]@{ a = 1; b = @($true, $null, "x\u00e9"); c = [ordered]@{ d = 1.5 } } | ConvertTo-Json -Compress',
      '{"a":1,"b":[true,null,"x\u00e9"],"c":{"d":1.5}}',
    ],
    ['ConvertTo-Json @(1) -Compress; , @(1) | ConvertTo-Json -Compress -AsArray', '[1]|[[1]]'],
    ['(\'{"a":[1,2.5],"b":{"c":null}}\' | ConvertFrom-Json).a', '1|2.5'],
    ['(\'{"a":1}\' | ConvertFrom-Json -AsHashtable).GetType().Name', 'OrderedDictionary'],
    ["try { 'no json' | ConvertFrom-Json } catch { 'refused' }", 'refused'],
    [
      '(ConvertTo-Json ([ordered]@{ a = @{ b = @{ c = @{ d = 1 } } } }) -Compress -WarningAction SilentlyContinue)',
      '{"a":{"b":{"c":"System.Collections.Hashtable"}}}',
    ],
  ],
  'report errors as their counterparts do': [
    [
      'try { Get-Content ./nope -ErrorAction Stop } catch { $_.FullyQualifiedErrorId }',
      'PathNotFound,Microsoft.PowerShell.Commands.GetContentCommand',
    ],
    [
      'function f { [CmdletBinding()] param() Write-Error -Message m -ErrorId Mine -Category InvalidData }; try { f -ErrorAction Stop } catch { $_.FullyQualifiedErrorId; $_.CategoryInfo.Category }',
      'Mine,f|InvalidData',
    ],
    ["$ErrorActionPreference = 'Stop'; try { Get-Item ./nope; 'went on' } catch { 'stopped' }", 'stopped'],
    ['Get-Item ./nope, / -ErrorAction SilentlyContinue | ForEach-Object Name', '/'],
    ["& { Invoke-Expression 'Get-Item ./nope; 1' } 2>&1 | ForEach-Object { $_.GetType().Name }", 'ErrorRecord|Int32'],
    ["$v = 1; Invoke-Expression '$v = 2'; $v", '2'],
    ["& { $VerbosePreference = 'Continue'; Write-Verbose told } 4>&1", 'told'],
  ],
  'handle variables, members and secrets': [
    ['$x = 5; Get-Variable x -ValueOnly; Set-Variable y 6; $y', '5|6'],
    ['function f { Set-Variable -Name z -Value 7 -Scope 1 }; f; $z', '7'],
    [
      '$o = [pscustomobject]@{}; $o | Add-Member -NotePropertyName n -NotePropertyValue 1; $o | Add-Member ScriptProperty twice { $this.n * 2 }; $o.twice',
      '2',
    ],
    ['(New-Object System.Uri "http://host/path").Host; (New-Object System.Text.StringBuilder).Length', 'host|0'],
    ['$s = ConvertTo-SecureString abc -AsPlainText -Force; ConvertFrom-SecureString $s -AsPlainText', 'abc'],
    ['[pscustomobject]@{ Alpha = 1 } | Get-Member -MemberType NoteProperty | ForEach-Object Name', 'Alpha'],
    ["'abc', 'xyz' | Select-String '^a' | ForEach-Object Line", 'abc'],
    ['(Measure-Command { $kept = 1 }).GetType().Name; $kept', 'TimeSpan|1'],
    [
      '(Get-Date 2024-02-03T04:05:06).ToString("s"); Get-Date 2024-02-03 -Format yyyyMMdd',
      '2024-02-03T04:05:06|20240203',
    ],
    [
      'Microsoft.PowerShell.Utility\\Write-Output qualified; (Get-Command Get-Item).Source',
      'qualified|Microsoft.PowerShell.Management',
    ],
  ],
};

describe('the cmdlets of tools/powershell-host', function () {
  this.timeout(60_000);

  let host: PowerShellProgram;
  let folder: string;

  before(async function () {
    this.timeout(300_000);
    host = await powerShellHost();
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'powershell-cmdlets-'));
  });

  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  for (const [name, cases] of Object.entries(examples)) {
    it(`${name} as pwsh does`, async () => {
      const script = path.join(folder, 'examples.ps1');
      fs.writeFileSync(script, cases.map(([text]) => `${inOneLine(text)}\n`).join(''));
      const work = fs.mkdtempSync(path.join(folder, 'work-'));
      const { stdout, stderr } = await run(host.path, ['-NoProfile', '-WorkingDirectory', work, '-File', script]);
      assert.deepEqual(
        stdout.trimEnd().split('\n'),
        cases.map(([, output]) => output),
        stderr,
      );
      assert.equal(stderr, '');
    });
  }

  it('only tell what they would do with -WhatIf', async () => {
    const file = path.join(folder, 'kept.txt');
    fs.writeFileSync(file, 'kept');
    const { stdout } = await run(host.path, [
      '-NoProfile',
      '-Command',
      `Remove-Item '${file}' -WhatIf; Set-Content '${file}' x -WhatIf`,
    ]);
    assert.match(stdout, /^What if: .*Remove item.*kept\.txt.*\nWhat if: .*Set content/);
    assert.equal(fs.readFileSync(file, 'utf8'), 'kept');
  });
});
