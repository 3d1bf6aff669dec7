using System.Management.Automation.Internal;

namespace TpmTbs.PowerShellHost.Interactive;

/// <summary>Draws prompt and line, over as many rows as they need, and leaves the terminal's cursor where the next key goes.</summary>
internal sealed class LineDisplay(string prompt, bool understandsSequences)
{
    private const string ClearToEnd = "\u001b[J";

    private int cursorRow;

    // Only the last line of a prompt shares its row with what is typed.
    private readonly int promptWidth = new StringDecorated(prompt[(prompt.LastIndexOf('\n') + 1)..]).ContentLength;

    private static int Width => Math.Max(2, Console.WindowWidth);

    public void Begin()
    {
        cursorRow = 0;
        Console.Out.Write(prompt);
    }

    public void Draw(string line, int cursor)
    {
        if (!understandsSequences)
        {
            DrawPlain(line);
            return;
        }

        var end = promptWidth + line.Length;
        var target = promptWidth + cursor;
        var toLineStart = MoveTo(cursorRow, promptWidth / Width, promptWidth % Width);
        // At the exact end of a row a terminal waits with the wrap: a blank makes it happen.
        var wrap = end % Width == 0 ? " \r" : "";
        var toCursor = MoveTo(end / Width, target / Width, target % Width);
        Console.Out.Write(toLineStart + ClearToEnd + line + wrap + toCursor);
        cursorRow = target / Width;
    }

    public void End(string line)
    {
        if (understandsSequences)
        {
            Draw(line, line.Length);
        }

        Console.Out.WriteLine();
    }

    /// <summary>Lists candidates under the line and starts a new prompt below them.</summary>
    public void ShowBelow(IReadOnlyList<string> names)
    {
        Console.Out.WriteLine();
        var columnWidth = names.Max(name => name.Length) + 2;
        var columns = Math.Max(1, Width / columnWidth);
        foreach (var row in names.Chunk(columns))
        {
            Console.Out.WriteLine(string.Concat(row.Select(name => name.PadRight(columnWidth))).TrimEnd());
        }

        Begin();
    }

    private void DrawPlain(string line) => Console.Out.Write($"\r{prompt}{line}");

    private static string MoveTo(int fromRow, int row, int column)
    {
        var vertical = row < fromRow ? $"\u001b[{fromRow - row}A" : row > fromRow ? $"\u001b[{row - fromRow}B" : "";
        return vertical + $"\u001b[{column + 1}G";
    }
}
