using System.Text;

namespace TpmTbs.PowerShellHost.Interactive;

/// <summary>
/// A line editor for a terminal: arrows, word moves, history, Tab, Ctrl+C, Ctrl+D, Ctrl+L and the usual Emacs keys.
/// </summary>
internal sealed class LineEditor(Completer completer, CommandHistory history, bool understandsSequences)
{
    private readonly StringBuilder line = new();
    private int cursor;
    private LineDisplay display = null!;
    private CompletionCycle? cycle;
    private string cut = "";

    /// <returns>The line; empty after Ctrl+C; null after Ctrl+D on an empty line.</returns>
    public string? ReadLine(string prompt, Func<bool> givenUp)
    {
        line.Clear();
        cursor = 0;
        cycle = null;
        display = new LineDisplay(prompt, understandsSequences);
        display.Begin();
        var before = Console.TreatControlCAsInput;
        Console.TreatControlCAsInput = true;
        try
        {
            while (!givenUp())
            {
                var key = Console.ReadKey(intercept: true);
                switch (Take(key))
                {
                    case Outcome.Accepted:
                        display.End(line.ToString());
                        history.Add(line.ToString());
                        return line.ToString();
                    case Outcome.Cancelled:
                        display.End(line + "^C");
                        return "";
                    case Outcome.EndOfInput:
                        display.End("");
                        return null;
                    default:
                        display.Draw(line.ToString(), cursor);
                        break;
                }
            }

            return null;
        }
        finally
        {
            Console.TreatControlCAsInput = before;
        }
    }

    private enum Outcome
    {
        Editing,
        Accepted,
        Cancelled,
        EndOfInput,
    }

    private Outcome Take(ConsoleKeyInfo key)
    {
        if (key.Key == ConsoleKey.Tab)
        {
            Complete(backwards: key.Modifiers.HasFlag(ConsoleModifiers.Shift));
            return Outcome.Editing;
        }

        cycle = null;
        var control = key.Modifiers.HasFlag(ConsoleModifiers.Control);
        switch (key.Key)
        {
            case ConsoleKey.Enter:
                return Outcome.Accepted;
            case ConsoleKey.C when control:
                return Outcome.Cancelled;
            case ConsoleKey.D when control && line.Length == 0:
                return Outcome.EndOfInput;
            case ConsoleKey.Backspace when cursor > 0:
                line.Remove(--cursor, 1);
                break;
            case ConsoleKey.Delete or ConsoleKey.D when (!control || key.Key == ConsoleKey.D && control) && cursor < line.Length && IsDelete(key):
                line.Remove(cursor, 1);
                break;
            case ConsoleKey.LeftArrow:
                cursor = control ? WordStart() : Math.Max(0, cursor - 1);
                break;
            case ConsoleKey.RightArrow:
                cursor = control ? WordEnd() : Math.Min(line.Length, cursor + 1);
                break;
            case ConsoleKey.Home:
            case ConsoleKey.A when control:
                cursor = 0;
                break;
            case ConsoleKey.End:
            case ConsoleKey.E when control:
                cursor = line.Length;
                break;
            case ConsoleKey.UpArrow:
                Replace(history.Older());
                break;
            case ConsoleKey.DownArrow:
                Replace(history.Newer() ?? "");
                break;
            case ConsoleKey.Escape:
                Replace("");
                break;
            case ConsoleKey.L when control:
                Console.Clear();
                display.Begin();
                break;
            case ConsoleKey.U when control:
                Cut(0, cursor);
                break;
            case ConsoleKey.K when control:
                Cut(cursor, line.Length);
                break;
            case ConsoleKey.W when control:
                Cut(WordStart(), cursor);
                break;
            case ConsoleKey.Y when control:
                Insert(cut);
                break;
            default:
                if (!char.IsControl(key.KeyChar))
                {
                    Insert(key.KeyChar.ToString());
                }

                break;
        }

        return Outcome.Editing;
    }

    private static bool IsDelete(ConsoleKeyInfo key) => key.Key == ConsoleKey.Delete || key.Modifiers.HasFlag(ConsoleModifiers.Control);

    private void Insert(string text)
    {
        line.Insert(cursor, text);
        cursor += text.Length;
    }

    private void Replace(string? text)
    {
        if (text is not null)
        {
            line.Clear().Append(text);
            cursor = line.Length;
        }
    }

    private void Cut(int start, int end)
    {
        cut = line.ToString(start, end - start);
        line.Remove(start, end - start);
        cursor = start;
    }

    private int WordStart()
    {
        var index = cursor;
        while (index > 0 && !char.IsLetterOrDigit(line[index - 1]))
        {
            index--;
        }

        while (index > 0 && char.IsLetterOrDigit(line[index - 1]))
        {
            index--;
        }

        return index;
    }

    private int WordEnd()
    {
        var index = cursor;
        while (index < line.Length && !char.IsLetterOrDigit(line[index]))
        {
            index++;
        }

        while (index < line.Length && char.IsLetterOrDigit(line[index]))
        {
            index++;
        }

        return index;
    }

    private void Complete(bool backwards)
    {
        cycle ??= completer.Complete(line.ToString(), cursor) is { } found ? new CompletionCycle(line.ToString(), found) : null;
        if (cycle is null)
        {
            return;
        }

        if (cycle.IsFresh && cycle.CommonPrefix is { } prefix)
        {
            (var text, cursor) = prefix;
            line.Clear().Append(text);
            display.ShowBelow(cycle.Names);
            cycle = null;
            return;
        }

        (var next, cursor) = cycle.Next(backwards);
        line.Clear().Append(next);
    }
}
