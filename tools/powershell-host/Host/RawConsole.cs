using System.Management.Automation.Host;

namespace TpmTbs.PowerShellHost.Host;

/// <summary>
/// $Host.UI.RawUI. Where there is no terminal, sizes are what pwsh reports for a redirected console (120 columns),
/// so that tables come out the same on every run.
/// </summary>
internal sealed class RawConsole : PSHostRawUserInterface
{
    private const int ColumnsWithoutTerminal = 120;
    private const int RowsWithoutTerminal = 50;

    private ConsoleColor foreground = (ConsoleColor)(-1);
    private ConsoleColor background = (ConsoleColor)(-1);

    public override ConsoleColor ForegroundColor
    {
        get => foreground;
        set
        {
            foreground = value;
            IfTerminal(() => Console.ForegroundColor = value);
        }
    }

    public override ConsoleColor BackgroundColor
    {
        get => background;
        set
        {
            background = value;
            IfTerminal(() => Console.BackgroundColor = value);
        }
    }

    public override Size BufferSize
    {
        get => WindowSize;
        set => throw Unsupported();
    }

    public override Size WindowSize
    {
        get
        {
            if (Console.IsOutputRedirected)
            {
                return new Size(ColumnsWithoutTerminal, RowsWithoutTerminal);
            }

            var (width, height) = (Console.WindowWidth, Console.WindowHeight);
            return width > 0 && height > 0 ? new Size(width, height) : new Size(ColumnsWithoutTerminal, RowsWithoutTerminal);
        }
        set => throw Unsupported();
    }

    public override Size MaxWindowSize => WindowSize;

    public override Size MaxPhysicalWindowSize => WindowSize;

    public override Coordinates CursorPosition
    {
        get
        {
            if (Console.IsOutputRedirected || Console.IsInputRedirected)
            {
                return default;
            }

            var (left, top) = Console.GetCursorPosition();
            return new Coordinates(left, top);
        }
        set => IfTerminal(() => Console.SetCursorPosition(value.X, value.Y));
    }

    public override int CursorSize
    {
        get => 100;
        set => throw Unsupported();
    }

    public override Coordinates WindowPosition
    {
        get => default;
        set => throw Unsupported();
    }

    public override string WindowTitle
    {
        get => title;
        set
        {
            title = value;
            IfTerminal(() => Console.Title = value);
        }
    }

    private string title = "";

    public override bool KeyAvailable => !Console.IsInputRedirected && Console.KeyAvailable;

    public override KeyInfo ReadKey(ReadKeyOptions options)
    {
        if (Console.IsInputRedirected)
        {
            throw new HostException("A key cannot be read: standard input is not a terminal.");
        }

        var key = Console.ReadKey((options & ReadKeyOptions.NoEcho) != 0);
        ControlKeyStates state = 0;
        state |= key.Modifiers.HasFlag(ConsoleModifiers.Control) ? ControlKeyStates.LeftCtrlPressed : 0;
        state |= key.Modifiers.HasFlag(ConsoleModifiers.Alt) ? ControlKeyStates.LeftAltPressed : 0;
        state |= key.Modifiers.HasFlag(ConsoleModifiers.Shift) ? ControlKeyStates.ShiftPressed : 0;
        return new KeyInfo((int)key.Key, key.KeyChar, state, keyDown: true);
    }

    public override void FlushInputBuffer()
    {
        while (KeyAvailable)
        {
            Console.ReadKey(intercept: true);
        }
    }

    public override BufferCell[,] GetBufferContents(Rectangle rectangle) => throw Unsupported();

    public override void SetBufferContents(Coordinates origin, BufferCell[,] contents) => throw Unsupported();

    public override void SetBufferContents(Rectangle rectangle, BufferCell fill)
    {
        // Clear-Host asks for the whole screen (-1, -1, -1, -1); a terminal can do no other fill.
        if (rectangle is not { Left: -1, Top: -1, Right: -1, Bottom: -1 })
        {
            throw Unsupported();
        }

        IfTerminal(Console.Clear);
    }

    public override void ScrollBufferContents(Rectangle source, Coordinates destination, Rectangle clip, BufferCell fill) =>
        throw Unsupported();

    private static void IfTerminal(Action action)
    {
        if (!Console.IsOutputRedirected)
        {
            action();
        }
    }

    private static PlatformNotSupportedException Unsupported() => new("A terminal's screen buffer cannot be read or resized from here.");
}
