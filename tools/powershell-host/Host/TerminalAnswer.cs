using System.Management.Automation;
using System.Text;

namespace TpmTbs.PowerShellHost.Host;

/// <summary>
/// Reads an answer from the terminal key by key: a read of a whole line could not be given up with Ctrl+C before
/// Enter is pressed.
/// </summary>
internal static class TerminalAnswer
{
    public static string ReadLine()
    {
        var line = new StringBuilder();
        ReadKeys(
            character =>
            {
                line.Append(character);
                Console.Out.Write(character);
            },
            () =>
            {
                if (line.Length > 0)
                {
                    line.Length--;
                    Console.Out.Write("\b \b");
                }
            });
        return line.ToString();
    }

    /// <exception cref="PipelineStoppedException">Ctrl+C was pressed.</exception>
    public static void ReadKeys(Action<char> typed, Action erased)
    {
        var before = Console.TreatControlCAsInput;
        Console.TreatControlCAsInput = true;
        try
        {
            for (var key = Console.ReadKey(intercept: true); key.Key != ConsoleKey.Enter; key = Console.ReadKey(intercept: true))
            {
                if (key.Key == ConsoleKey.C && key.Modifiers.HasFlag(ConsoleModifiers.Control))
                {
                    throw new PipelineStoppedException();
                }

                if (key.Key == ConsoleKey.Backspace)
                {
                    erased();
                }
                else if (!char.IsControl(key.KeyChar))
                {
                    typed(key.KeyChar);
                }
            }
        }
        finally
        {
            Console.TreatControlCAsInput = before;
            Console.Out.WriteLine();
        }
    }
}
