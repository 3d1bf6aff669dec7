import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { PowerShell } from 'node-powershell';
import { type PowerShellProgram, powerShellHost, type Run, type RunOptions, run } from './powershell-process.js';

describe('tools/powershell-host', function () {
  this.timeout(20_000);

  let host: PowerShellProgram;
  let folder: string;

  before(async function () {
    // The first use builds the host.
    this.timeout(300_000);
    host = await powerShellHost();
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'powershell-host-'));
  });

  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  const pwsh = (args: string[], options?: RunOptions): Promise<Run> => run(host.path, ['-NoProfile', ...args], options);
  const command = (text: string, options?: RunOptions): Promise<Run> => pwsh(['-Command', text], options);

  function script(name: string, text: string): string {
    const file = path.join(folder, name);
    fs.writeFileSync(file, text);
    return file;
  }

  describe('exit codes', () => {
    const cases: [string, string, number][] = [
      ['of exit N', 'exit 42', 42],
      ['of success', '1 + 1', 0],
      ['of an uncaught error', 'throw "no"', 1],
      ['of a last command that failed', 'Get-Item ./not-there', 1],
      ['of a failure before the last command', 'Get-Item ./not-there; "fine"', 0],
      ['of a native program that failed', 'sh -c "exit 7"', 1],
      ['of a text that does not parse', 'if (', 1],
    ];
    for (const [name, text, code] of cases) {
      it(`are those of pwsh with -Command: ${name}`, async () => {
        assert.equal((await command(text)).code, code);
      });
    }

    it('are those of pwsh with -File', async () => {
      assert.equal((await pwsh(['-File', script('exit.ps1', 'exit 9')])).code, 9);
      assert.equal((await pwsh(['-File', script('throw.ps1', '"before"; throw "no"')])).code, 1);
      assert.equal((await pwsh(['-File', script('soft.ps1', 'Get-Item ./not-there')])).code, 0);
    });

    it('are 64 for options that it does not have and for a missing script', async () => {
      const missing = await pwsh(['-File', './not-there.ps1']);
      assert.equal(missing.code, 64);
      assert.match(missing.stderr, /not-there\.ps1' is not a file/);
      assert.equal((await pwsh(['-Nonsense'])).code, 64);
    });
  });

  describe('-File', () => {
    it('hands names, switches, values and the rest to the parameters of the script', async () => {
      const file = script(
        'arguments.ps1',
        'param([string] $Name, [switch] $Flag, [int] $Number = 3, [Parameter(ValueFromRemainingArguments)] $Rest)\n' +
          '"$Name|$Flag|$Number|$($Rest -join "+")"',
      );
      assert.equal(
        (await pwsh(['-File', file, '-Name', 'a b', '-Flag', '-Number', '3', 'x', 'y'])).stdout,
        'a b|True|3|x+y\n',
      );
      assert.equal((await pwsh([file, '-Flag:$false', '-Number:7', '-Name', "it's"])).stdout, "it's|False|7|\n");
    });

    it('knows the script as $PSCommandPath and $PSScriptRoot', async () => {
      const file = script('where.ps1', '"$PSCommandPath|$PSScriptRoot"');
      assert.equal((await pwsh(['-File', file])).stdout, `${file}|${folder}\n`);
    });

    it('feeds standard input to $input', async () => {
      const file = script('input.ps1', '$input | ForEach-Object { "<$_>" }');
      assert.equal((await pwsh(['-File', file], { input: 'one\ntwo\n' })).stdout, '<one>\n<two>\n');
    });
  });

  describe('-Command', () => {
    it('takes the rest of the line as its text', async () => {
      assert.equal((await pwsh(['-Command', '"a"', ';', '"b"'])).stdout, 'a\nb\n');
    });

    it('takes the encoded form and the form with arguments', async () => {
      const encoded = Buffer.from('"enc"', 'utf16le').toString('base64');
      assert.equal((await pwsh(['-EncodedCommand', encoded])).stdout, 'enc\n');
      assert.equal((await pwsh(['-CommandWithArgs', '$args -join "+"', 'x', 'y z'])).stdout, 'x+y z\n');
    });

    it('starts in the working directory that is given', async () => {
      assert.equal((await pwsh(['-WorkingDirectory', folder, '-Command', '$PWD.Path'])).stdout, `${folder}\n`);
    });

    it('reads statements from standard input with -, a block up to its empty line', async () => {
      const input = '$x = 5\n$x + 1\nif ($x) {\n  "block"\n}\n\nexit 4\n"never"\n';
      const result = await pwsh(['-Command', '-'], { input });
      assert.deepEqual([result.stdout, result.code], ['6\nblock\n', 4]);
    });

    it('goes on with standard input after -NoExit', async () => {
      const result = await pwsh(['-NoExit', '-NoLogo', '-Command', '-'], { input: '"a"\nthrow "no"\n"b"\n' });
      assert.equal(result.stdout, 'a\nb\n');
      assert.match(result.stderr, /no/);
    });

    it('tells its version and its usage', async () => {
      assert.match((await pwsh(['-Version'])).stdout, /^PowerShell 7\.\d+\.\d+\n$/);
      assert.match((await pwsh(['-Help'])).stdout, /-NonInteractive/);
    });
  });

  describe('streams', () => {
    it('puts errors on standard error in the concise view', async () => {
      const file = script('fails.ps1', '"out"\nthrow "broken"\n');
      const result = await pwsh(['-File', file]);
      assert.equal(result.stdout, 'out\n');
      assert.match(
        result.stderr,
        /^Exception: .*fails\.ps1:2\nLine \|\n\s+2 \|\s+throw "broken"\n\s+\|\s+~+\n\s+\| broken\n$/,
      );
    });

    it('shows warnings, verbose and debug messages and host output with their labels', async () => {
      const { stdout, stderr } = await command(
        'Write-Warning w; Write-Verbose v -Verbose; Write-Debug d -Debug; Write-Host h; Write-Information i; Write-Verbose no',
      );
      assert.equal(stdout, 'WARNING: w\nVERBOSE: v\nDEBUG: d\nh\n');
      assert.equal(stderr, '');
    });

    it('lets a script redirect each stream', async () => {
      const { stdout, stderr } = await command(
        '$w = Write-Warning w 3>&1; $e = Get-Item ./no 2>&1; "$w|$($e.CategoryInfo.Category)"',
      );
      assert.deepEqual([stdout, stderr], ['w|ObjectNotFound\n', '']);
    });

    it('keeps colours away from a pipe, unless the script asks for them', async () => {
      assert.equal((await command('"$($PSStyle.Foreground.Red)x$($PSStyle.Reset)"')).stdout, 'x\n');
      const asked = await command('$PSStyle.OutputRendering = "Ansi"; "$($PSStyle.Foreground.Red)x"');
      assert.equal(asked.stdout, '\u001b[31mx\n');
    });

    it('shows no progress on a pipe', async () => {
      assert.equal((await command('Write-Progress -Activity a -Status s; "x"')).stdout, 'x\n');
    });
  });

  describe('formatting', () => {
    it('shows objects as tables and lists by the engine', async () => {
      const { stdout } = await command('[pscustomobject]@{ Name = "x"; Size = 12 }');
      assert.match(stdout, /^\nName Size\n---- ----\nx\s+12\n\n$/);
      assert.match((await command('[pscustomobject]@{ A = 1 } | Format-List')).stdout, /A : 1/);
    });

    it('obeys format files of modules, in Out-String as well', async () => {
      script(
        'Sample.format.ps1xml',
        '<Configuration><ViewDefinitions><View><Name>s</Name><ViewSelectedBy><TypeName>Sample.Thing</TypeName></ViewSelectedBy>' +
          '<TableControl><TableHeaders><TableColumnHeader><Label>Shown</Label></TableColumnHeader></TableHeaders><TableRowEntries>' +
          '<TableRowEntry><TableColumnItems><TableColumnItem><PropertyName>Kept</PropertyName></TableColumnItem></TableColumnItems>' +
          '</TableRowEntry></TableRowEntries></TableControl></View></ViewDefinitions></Configuration>',
      );
      script(
        'Sample.psm1',
        'function Get-Thing { [pscustomobject]@{ PSTypeName = "Sample.Thing"; Kept = 1; Hidden = 2 } }',
      );
      const manifest = script(
        'Sample.psd1',
        '@{ RootModule = "Sample.psm1"; ModuleVersion = "1.0"; FormatsToProcess = "Sample.format.ps1xml"; FunctionsToExport = "*" }',
      );
      const { stdout } = await command(
        `Import-Module '${manifest}'; Get-Thing; (Get-Thing | Out-String).Contains("Shown")`,
      );
      assert.match(stdout, /Shown\n-----\s*\n\s*1\s*\n/);
      assert.doesNotMatch(stdout, /Hidden/);
      assert.match(stdout, /True/);
    });
  });

  describe('Ctrl+C', () => {
    const interrupt: RunOptions = { onFirstOutput: (child) => child.kill('SIGINT') };

    it('ends a -Command run with 130 and runs its finally blocks', async () => {
      const result = await command(
        'try { "started"; Start-Sleep 30 } finally { [Console]::Out.WriteLine("cleaned") }',
        interrupt,
      );
      assert.deepEqual([result.code, result.stdout], [130, 'started\ncleaned\n']);
    });

    it('ends a -File run with 130', async () => {
      const file = script('sleeps.ps1', '"started"\nStart-Sleep 30\n"never"');
      const result = await pwsh(['-File', file], interrupt);
      assert.deepEqual([result.code, result.stdout], [130, 'started\n']);
    });
  });

  describe('questions', () => {
    it('are refused with -NonInteractive', async () => {
      for (const question of [
        'Read-Host name',
        'Get-Credential',
        '$Host.UI.PromptForChoice("c", "m", @("&Yes", "&No"), 0)',
        'function f { [CmdletBinding()] param([Parameter(Mandatory)] $Needed) }; f',
      ]) {
        const result = await pwsh(['-NonInteractive', '-Command', question]);
        assert.equal(result.code, 1, question);
        assert.match(result.stderr, /NonInteractive|missing mandatory/, question);
      }
    });

    it('are answered from standard input otherwise', async () => {
      const text = '$name = Read-Host Name; $secret = Read-Host Secret -AsSecureString; "$name $($secret.Length)"';
      assert.equal((await command(text, { input: 'bob\nhunter2\n' })).stdout, 'Name: Secret: bob 7\n');
    });

    it('offer choices, with help, until one is picked', async () => {
      const text =
        '$c = [System.Management.Automation.Host.ChoiceDescription]; ' +
        '$Host.UI.PromptForChoice("Sure?", "Think.", @($c::new("&Yes", "do it"), $c::new("&No", "leave it")), 0)';
      const { stdout } = await command(text, { input: '?\nx\nn\n' });
      assert.match(
        stdout,
        /Sure\?\nThink\.\n\[Y\] Yes {2}\[N\] No {2}\[\?\] Help \(default is "Y"\): Y - do it\nN - leave it\n/,
      );
      assert.match(stdout, /1\n$/);
    });

    it('of a confirmation stop the command when the answer is no', async () => {
      const text =
        'function f { [CmdletBinding(SupportsShouldProcess)] param() if ($PSCmdlet.ShouldProcess("it")) { "done" } }; f -Confirm';
      assert.doesNotMatch((await command(text, { input: 'n\n' })).stdout, /done/);
      assert.match((await command(text, { input: 'y\n' })).stdout, /done/);
    });
  });

  describe('the prompt', () => {
    /** Types each text once the screen shows the one before it; `script` gives the host a terminal. */
    async function type(...steps: [waitFor: string, keys: string][]): Promise<string> {
      const child = spawn('script', ['-qfec', `'${host.path}' -NoProfile -NoLogo`, '/dev/null'], {
        env: { ...process.env, TERM: 'xterm', NO_COLOR: undefined },
        cwd: folder,
      });
      const closed = once(child, 'close');
      let screen = '';
      let next = 0;
      let seen = 0;
      child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
        screen += chunk;
        for (let step = steps[next]; step && screen.indexOf(step[0], seen) >= 0; step = steps[next]) {
          seen = screen.indexOf(step[0], seen) + step[0].length;
          child.stdin.write(step[1]);
          next++;
        }
      });
      await closed;
      assert.equal(next, steps.length, `the screen never showed '${steps[next]?.[0]}' after:\n${screen}`);
      return screen;
    }

    const enter = '\r';
    const controlC = '\u0003';
    const up = '\u001b[A';

    it('runs lines, recalls them and completes names', async () => {
      const screen = await type(
        ['> ', `$x = 20 + 1${enter}`],
        ['> ', `"value $x"${enter}`],
        ['value 21', ''],
        ['> ', up],
        ['"value $x"', enter],
        ['value 21', ''],
        ['> ', 'Get-Locat\t'],
        ['Get-Location', controlC],
        ['^C', ''],
        ['> ', `exit 3${enter}`],
      );
      assert.match(screen, /Get-Location/);
    });

    it('survives Ctrl+C, which ends only the command', async () => {
      await type(
        ['> ', `try { "started".ToUpper(); Start-Sleep 60 } finally { "left".ToUpper() }${enter}`],
        ['STARTED', controlC],
        ['> ', `"still".ToUpper()${enter}`],
        ['STILL', ''],
        ['> ', `exit${enter}`],
      );
    });

    it('lets a question be given up with Ctrl+C', async () => {
      await type(
        ['> ', `"got " + (Read-Host Word)${enter}`],
        ['Word: ', `yes${enter}`],
        ['got yes', ''],
        ['> ', `Read-Host Again${enter}`],
        ['Again: ', `no${controlC}`],
        ['> ', `exit${enter}`],
      );
    });

    it('keeps a line with a secret out of its history', async () => {
      await type(
        ['> ', `$first = 1${enter}`],
        ['> ', `$password = "hunter" + 2${enter}`],
        ['> ', up],
        ['$first = 1', `; "done".ToUpper()${enter}`],
        ['DONE', ''],
        ['> ', `exit${enter}`],
      );
    });
  });

  it('is driven by node-powershell', async () => {
    const environment = { TERM: process.env['TERM'], NODE_POWERSHELL: process.env['NODE_POWERSHELL'] };
    Object.assign(process.env, { TERM: 'dumb', NODE_POWERSHELL: host.path });
    const shell = new PowerShell({ executableOptions: { '-NoProfile': true }, invocationTimeout: 10_000 });
    try {
      assert.equal((await shell.invoke('$kept = 20 + 1; $kept * 2')).raw, '42');
      assert.equal((await shell.invoke('$kept')).raw, '21');
      await assert.rejects(shell.invoke('throw "from the shell"'), /from the shell/);
      assert.equal((await shell.invoke('"still there"')).raw, 'still there');
    } finally {
      await shell.dispose();
      for (const [name, value] of Object.entries(environment)) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
    }
  });
});
