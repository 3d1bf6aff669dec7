/**
 * The PowerShell function that runs an action, the same in every engine. Its only argument is base64 of JSON, so
 * neither an event nor a script is ever part of a command's text. Each run has a runspace of its own. What a script
 * writes to its streams is collected up to a bound; what it writes to the console itself is discarded, since the
 * engine's own output is there.
 */
import * as z from 'zod';
import type { ScriptOutcome, ScriptRun } from './engine.js';

/** How much of a run's output is stored, in characters. */
const MAX_OUTPUT = 8192;

/** `Invoke-EventAction BASE64` returns base64 of JSON. */
export const DEFINE_INVOKE_EVENT_ACTION = `
function Invoke-EventAction([string] $Request) {
    $utf8 = [Text.Encoding]::UTF8
    $given = $utf8.GetString([Convert]::FromBase64String($Request)) | ConvertFrom-Json
    $source = $utf8.GetString([Convert]::FromBase64String($given.script)).TrimStart([char] 0xFEFF)
    $outcome = @{ result = 'failed'; output = ''; error = $null }
    $console = [Console]::Out, [Console]::Error, [Console]::In
    $runspace = [Management.Automation.Runspaces.RunspaceFactory]::CreateRunspace([initialsessionstate]::CreateDefault2())
    $shell = [powershell]::Create()
    try {
        [Console]::SetOut([IO.TextWriter]::Null)
        [Console]::SetError([IO.TextWriter]::Null)
        [Console]::SetIn([IO.TextReader]::Null)
        $tokens = $problems = $null
        $ast = [Management.Automation.Language.Parser]::ParseInput($source, $given.path, [ref] $tokens, [ref] $problems)
        if ($problems.Count -gt 0) { throw [Management.Automation.ParseException]::new($problems) }
        $run = @{
            ast = $ast
            event = $given.event
            output = [Text.StringBuilder]::new()
            hasReachedItsEnd = $false
            exitCode = 0
            error = $null
        }
        $runspace.Open()
        $shell.Runspace = $runspace
        [void] $shell.AddScript({
            param($Run)
            # In a nested pipeline, exit sets $LASTEXITCODE and ends the script alone.
            $nested = [powershell]::Create('CurrentRunspace').AddScript({
                param($Run)
                & $Run.ast.GetScriptBlock() $Run.event *>&1 | & {
                    process {
                        $text = "$_"
                        if ($Run.output.Length -ge ${MAX_OUTPUT}) { return }
                        [void] $Run.output.AppendLine($text.Substring(0, [Math]::Min($text.Length, ${MAX_OUTPUT})))
                    }
                }
                $Run.hasReachedItsEnd = $true
            }.ToString()).AddArgument($Run)
            try { [void] $nested.Invoke() } catch { $Run.error = $_.Exception }
            if (-not $Run.hasReachedItsEnd) { $Run.exitCode = $LASTEXITCODE }
        }.ToString()).AddArgument($run)
        $running = $shell.BeginInvoke()
        if ($running.AsyncWaitHandle.WaitOne($given.limitMs)) {
            $null = $shell.EndInvoke($running)
            if ($run.error) { throw $run.error }
            if ($run.exitCode) { throw "It ended with exit code $($run.exitCode)." }
            $outcome.result = 'succeeded'
        } else {
            # A script that does not end even so is ended with this process.
            $shell.Stop()
            $outcome.result = 'timedOut'
            $outcome.error = "It ran longer than $($given.limitMs / 1000) s and was stopped."
        }
    } catch {
        $cause = $_.Exception
        while ($cause -is [Management.Automation.MethodInvocationException] -and $cause.InnerException) { $cause = $cause.InnerException }
        $place = if ($cause.ErrorRecord.InvocationInfo.ScriptLineNumber) { " (line $($cause.ErrorRecord.InvocationInfo.ScriptLineNumber))" }
        $outcome.error = "$($cause.Message)$place"
    } finally {
        $shell.Dispose()
        $runspace.Dispose()
        [Console]::SetOut($console[0])
        [Console]::SetError($console[1])
        [Console]::SetIn($console[2])
    }
    $text = "$($run.output)"
    $outcome.output = $text.Substring(0, [Math]::Min($text.Length, ${MAX_OUTPUT})).TrimEnd()
    if ($outcome.error) { $outcome.error = $outcome.error.Substring(0, [Math]::Min($outcome.error.Length, 2000)) }
    [Convert]::ToBase64String($utf8.GetBytes((ConvertTo-Json -Compress $outcome)))
}
`;

export function requestText({ script, path, event, limitMs }: ScriptRun): string {
  const request = { script: Buffer.from(script).toString('base64'), path, event: JSON.parse(event), limitMs };
  return Buffer.from(JSON.stringify(request)).toString('base64');
}

const outcome = z.object({
  result: z.enum(['succeeded', 'failed', 'timedOut']),
  output: z.string(),
  error: z.string().nullable(),
});

/** Throws if the text is not what Invoke-EventAction returns. */
export function outcomeIn(text: string): ScriptOutcome {
  return outcome.parse(JSON.parse(Buffer.from(text, 'base64').toString('utf8')));
}
