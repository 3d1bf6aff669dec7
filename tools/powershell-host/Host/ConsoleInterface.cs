using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Host;

namespace TpmTbs.PowerShellHost.Host;

/// <summary>
/// $Host.UI: where output, messages and errors go. Errors go to standard error, everything else to standard output,
/// and escape sequences only to a terminal, unless $PSStyle.OutputRendering says otherwise.
/// </summary>
internal sealed partial class ConsoleInterface : PSHostUserInterface
{
    private const string ResetSequence = "\u001b[0m";

    private readonly Lock writing = new();
    private readonly RawConsole rawConsole = new();
    private readonly bool nonInteractive;
    private readonly bool terminalUnderstandsSequences;
    private ProgressLine? progress;

    public ConsoleInterface(bool nonInteractive)
    {
        this.nonInteractive = nonInteractive;
        var terminal = Environment.GetEnvironmentVariable("TERM");
        terminalUnderstandsSequences = terminal != "dumb";
        if (Environment.GetEnvironmentVariable("NO_COLOR") is not null || terminal is "xterm-mono" or "xtermm")
        {
            PSStyle.Instance.OutputRendering = OutputRendering.PlainText;
        }
    }

    public override PSHostRawUserInterface RawUI => rawConsole;

    public override bool SupportsVirtualTerminal => terminalUnderstandsSequences;

    public override void Write(string value)
    {
        lock (writing)
        {
            progress?.Clear();
            Console.Out.Write(ForOutput(value));
        }
    }

    public override void WriteLine(string value)
    {
        lock (writing)
        {
            progress?.Clear();
            Console.Out.WriteLine(ForOutput(value));
        }
    }

    public override void WriteLine() => WriteLine("");

    public override void Write(ConsoleColor foregroundColor, ConsoleColor backgroundColor, string value) =>
        Write(Coloured(foregroundColor, backgroundColor, value));

    public override void WriteLine(ConsoleColor foregroundColor, ConsoleColor backgroundColor, string value) =>
        WriteLine(Coloured(foregroundColor, backgroundColor, value));

    public override void WriteErrorLine(string value)
    {
        if (string.IsNullOrEmpty(value))
        {
            return;
        }

        lock (writing)
        {
            progress?.Clear();
            Console.Error.WriteLine(PlainOr(value, Console.IsErrorRedirected));
        }
    }

    public override void WriteWarningLine(string message) => WriteMessage(PSStyle.Instance.Formatting.Warning, "WARNING: ", message);

    public override void WriteVerboseLine(string message) => WriteMessage(PSStyle.Instance.Formatting.Verbose, "VERBOSE: ", message);

    public override void WriteDebugLine(string message) => WriteMessage(PSStyle.Instance.Formatting.Debug, "DEBUG: ", message);

    public override void WriteProgress(long sourceId, ProgressRecord record)
    {
        if (Console.IsOutputRedirected || !terminalUnderstandsSequences)
        {
            return;
        }

        lock (writing)
        {
            progress ??= new ProgressLine(rawConsole);
            progress.Show(sourceId, record);
        }
    }

    /// <summary>Takes the progress display off the screen, as at the end of every pipeline.</summary>
    public void ClearProgress()
    {
        lock (writing)
        {
            progress?.Reset();
        }
    }

    private void WriteMessage(string style, string label, string message) =>
        WriteLine(terminalUnderstandsSequences ? style + label + message + ResetSequence : label + message);

    private string ForOutput(string? value) => PlainOr(value ?? "", Console.IsOutputRedirected);

    private string PlainOr(string value, bool redirected)
    {
        if (!value.Contains('\u001b', StringComparison.Ordinal))
        {
            return value;
        }

        var keepsSequences = PSStyle.Instance.OutputRendering switch
        {
            OutputRendering.Ansi => true,
            OutputRendering.PlainText => false,
            _ => !redirected && terminalUnderstandsSequences,
        };
        return keepsSequences ? value : new System.Management.Automation.Internal.StringDecorated(value).ToString(OutputRendering.PlainText);
    }

    private string Coloured(ConsoleColor foreground, ConsoleColor background, string value)
    {
        if (!terminalUnderstandsSequences)
        {
            return value;
        }

        var start = (IsColour(foreground) ? PSStyle.MapForegroundColorToEscapeSequence(foreground) : "")
            + (IsColour(background) ? PSStyle.MapBackgroundColorToEscapeSequence(background) : "");
        return start.Length == 0 ? value : string.Create(CultureInfo.InvariantCulture, $"{start}{value}{ResetSequence}");
    }

    private static bool IsColour(ConsoleColor colour) => colour is >= ConsoleColor.Black and <= ConsoleColor.White;
}
