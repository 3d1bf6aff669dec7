using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Text;
using TpmTbs.PowerShellHost.Host;

namespace TpmTbs.PowerShellHost.Interactive;

/// <summary>
/// Reads commands and runs them until the input ends or a command says `exit`. A command that is not complete at
/// the end of its line goes on until an empty line, as in pwsh: this is also how a program that writes to
/// `-Command -` ends a statement of several lines.
/// </summary>
internal sealed class PromptLoop
{
    private readonly CommandLine options;
    private readonly ConsolePSHost host;
    private readonly ConsoleInterface ui;
    private readonly PipelineRunner runner;
    private readonly LineEditor? editor;

    public PromptLoop(CommandLine options, ConsolePSHost host, ConsoleInterface ui, Runspace runspace, PipelineRunner runner)
    {
        this.options = options;
        this.host = host;
        this.ui = ui;
        this.runner = runner;
        if (!Console.IsInputRedirected && !Console.IsOutputRedirected)
        {
            editor = new LineEditor(new Completer(runspace), new CommandHistory(), ui.SupportsVirtualTerminal);
        }
    }

    private bool ShowsPrompt => !options.CommandsFromInput;

    public void Run()
    {
        if (ShowsPrompt && !options.NoLogo && options.Command is null && options.File is null)
        {
            ui.WriteLine($"PowerShell engine {EngineInternals.EngineVersion} in the TpmTbs host");
        }

        Loop(() => host.ExitCode is not null);
    }

    /// <summary>A prompt inside a command that waits for it: ends with `exit` or $Host.ExitNestedPrompt().</summary>
    public void RunNested()
    {
        host.NestedPromptShouldEnd = false;
        Loop(() => host.NestedPromptShouldEnd || host.ExitCode is not null);
        host.NestedPromptShouldEnd = false;
    }

    private void Loop(Func<bool> ended)
    {
        while (!ended() && ReadStatement() is { } statement)
        {
            if (statement.Length > 0)
            {
                var failure = runner.RunWithOutput(runner.CreatePipeline(statement, addToHistory: true));
                if (failure is not null)
                {
                    runner.Report(failure);
                }
            }
        }
    }

    /// <returns>Empty when there is nothing to run; null at the end of the input.</returns>
    private string? ReadStatement()
    {
        var line = ReadLine(ShowsPrompt ? Prompt() : "");
        if (line is null || string.IsNullOrWhiteSpace(line) || !Completeness.IsUnfinished(line))
        {
            return line is null ? null : line.Trim().Length == 0 ? "" : line;
        }

        var block = new StringBuilder(line);
        while (ReadLine(ShowsPrompt ? ">> " : "") is { } more)
        {
            if (string.IsNullOrWhiteSpace(more))
            {
                return block.ToString();
            }

            block.Append('\n').Append(more);
        }

        // The input ended inside the block: it is run as it stands, so that nothing is lost without a word.
        return block.ToString();
    }

    private string? ReadLine(string prompt)
    {
        if (editor is not null)
        {
            return editor.ReadLine(prompt, () => host.ExitCode is not null);
        }

        if (prompt.Length > 0)
        {
            ui.Write(prompt);
        }

        return Console.In.ReadLine();
    }

    private string Prompt()
    {
        var (output, failure) = runner.Run(runner.CreatePipeline("prompt"));
        var text = failure is null && output.Count > 0 ? output[0]?.ToString() : null;
        return string.IsNullOrEmpty(text) ? "PS>" : text;
    }
}
