using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Host;

namespace TpmTbs.PowerShellHost.Host;

/// <summary>The host that scripts see as $Host.</summary>
internal sealed class ConsolePSHost(ConsoleInterface ui) : PSHost
{
    private readonly CultureInfo culture = CultureInfo.CurrentCulture;
    private readonly CultureInfo uiCulture = CultureInfo.CurrentUICulture;

    /// <summary>Runs the nested prompt ($Host.EnterNestedPrompt, Suspend in a confirmation).</summary>
    public Action? NestedPrompt { get; set; }

    /// <summary>What `exit` asked for; null while nothing did.</summary>
    public int? ExitCode { get; private set; }

    /// <summary>True once the innermost nested prompt is to end.</summary>
    public bool NestedPromptShouldEnd { get; set; }

    // Scripts and Pester look at this name to tell a console from other hosts.
    public override string Name => "ConsoleHost";

    public override Version Version { get; } = new(EngineInternals.EngineVersion.Split('-')[0]);

    public override Guid InstanceId { get; } = Guid.NewGuid();

    public override PSHostUserInterface UI => ui;

    public override CultureInfo CurrentCulture => culture;

    public override CultureInfo CurrentUICulture => uiCulture;

    public override PSObject PrivateData { get; } = new(new ConsoleColours(ui));

    public override void EnterNestedPrompt() => NestedPrompt?.Invoke();

    public override void ExitNestedPrompt() => NestedPromptShouldEnd = true;

    public override void NotifyBeginApplication()
    {
        // A native program takes the terminal over: nothing of ours is on it then.
        ui.ClearProgress();
    }

    public override void NotifyEndApplication()
    {
    }

    public override void SetShouldExit(int exitCode) => ExitCode = exitCode;

    /// <summary>$Host.PrivateData, where scripts look up the colours of messages.</summary>
    internal sealed class ConsoleColours(ConsoleInterface ui)
    {
        public ConsoleColor ErrorForegroundColor { get; set; } = ConsoleColor.Red;

        public ConsoleColor ErrorBackgroundColor { get; set; } = ui.RawUI.BackgroundColor;

        public ConsoleColor WarningForegroundColor { get; set; } = ConsoleColor.Yellow;

        public ConsoleColor WarningBackgroundColor { get; set; } = ui.RawUI.BackgroundColor;

        public ConsoleColor DebugForegroundColor { get; set; } = ConsoleColor.Yellow;

        public ConsoleColor DebugBackgroundColor { get; set; } = ui.RawUI.BackgroundColor;

        public ConsoleColor VerboseForegroundColor { get; set; } = ConsoleColor.Yellow;

        public ConsoleColor VerboseBackgroundColor { get; set; } = ui.RawUI.BackgroundColor;

        public ConsoleColor FormatAccentColor { get; set; } = ConsoleColor.Green;

        public ConsoleColor ErrorAccentColor { get; set; } = ConsoleColor.Cyan;
    }
}
