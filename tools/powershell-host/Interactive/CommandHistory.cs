namespace TpmTbs.PowerShellHost.Interactive;

/// <summary>
/// The lines of this session, for the arrow keys; kept in memory only. A line that looks as if it held a secret
/// is left out, by the same words that PSReadLine looks for.
/// </summary>
internal sealed class CommandHistory
{
    private const int Capacity = 1000;

    private static readonly string[] SecretWords = ["password", "asplaintext", "token", "apikey", "secret", "ownerauth", "-auth"];

    private readonly List<string> lines = [];
    private int position;

    public void Add(string line)
    {
        var isSecret = SecretWords.Any(word => line.Contains(word, StringComparison.OrdinalIgnoreCase));
        if (!isSecret && line.Length > 0 && (lines.Count == 0 || lines[^1] != line))
        {
            lines.Add(line);
            if (lines.Count > Capacity)
            {
                lines.RemoveAt(0);
            }
        }

        position = lines.Count;
    }

    public string? Older() => position > 0 ? lines[--position] : null;

    public string? Newer() => position < lines.Count && ++position < lines.Count ? lines[position] : null;

    /// <summary>The youngest line before <paramref name="before"/> that contains the text.</summary>
    public (int Index, string Line)? Find(string text, int before)
    {
        for (var index = Math.Min(before, lines.Count) - 1; index >= 0; index--)
        {
            if (lines[index].Contains(text, StringComparison.OrdinalIgnoreCase))
            {
                return (index, lines[index]);
            }
        }

        return null;
    }

    public int Count => lines.Count;
}
