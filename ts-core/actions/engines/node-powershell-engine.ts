/** Drives a pwsh process with node-powershell. */
import { randomBytes } from 'node:crypto';
import { PowerShell } from 'node-powershell';
import type { PowerShellEngine, ScriptOutcome, ScriptRun } from './engine.js';
import { DEFINE_INVOKE_EVENT_ACTION, outcomeIn, requestText } from './invoke-event-action.js';

export class NodePowerShellEngine implements PowerShellEngine {
  #shell: PowerShell | undefined;

  async start(): Promise<void> {
    this.#shell = new PowerShell({
      pwsh: true,
      executableOptions: { '-NoProfile': true, '-NonInteractive': true, '-OutputFormat': 'Text' },
      // What an action writes to standard error does not make its run a failure.
      throwOnInvocationError: false,
    });
    await this.#invoke(`. ([scriptblock]::Create(${textOf(DEFINE_INVOKE_EVENT_ACTION)}))`);
  }

  async run(run: ScriptRun): Promise<ScriptOutcome> {
    // The random mark finds the answer, whatever the script itself wrote to standard output.
    const mark = randomBytes(12).toString('hex');
    const output = await this.#invoke(`'${mark}:' + (Invoke-EventAction '${requestText(run)}') + ':${mark}'`);
    const answer = new RegExp(`${mark}:([A-Za-z0-9+/=]+):${mark}`).exec(output)?.[1];
    if (answer === undefined) throw new Error('pwsh returned no result');
    return outcomeIn(answer);
  }

  async #invoke(command: string): Promise<string> {
    const shell = this.#shell;
    if (shell === undefined) throw new Error('pwsh is not started');
    const { stdout } = await shell.invoke(command);
    // It remembers every command and its output.
    shell.history.length = 0;
    return stdout?.toString() ?? '';
  }
}

/** Returns an expression whose value is the text: pwsh reads a command from standard input line by line. */
function textOf(script: string): string {
  return `[Text.Encoding]::UTF8.GetString([Convert]::FromBase64String('${Buffer.from(script).toString('base64')}'))`;
}
