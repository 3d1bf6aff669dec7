namespace TpmTbs.PowerShellHost.Interactive;

/// <summary>Walks through the candidates of one completion as Tab is pressed again and again.</summary>
internal sealed class CompletionCycle(string line, Completion completion)
{
    private int position = -1;

    public bool IsFresh => position < 0;

    public IReadOnlyList<string> Names => [.. completion.Candidates.Select(candidate => candidate.ListItemText)];

    /// <summary>The line with what all candidates have in common, when that is more than was typed.</summary>
    public (string Text, int Cursor)? CommonPrefix
    {
        get
        {
            if (completion.Candidates.Count < 2)
            {
                return null;
            }

            var texts = completion.Candidates.Select(candidate => candidate.CompletionText).ToList();
            var common = texts.Aggregate(Shared);
            return common.Length > completion.Length ? With(common) : null;
        }
    }

    public (string Text, int Cursor) Next(bool backwards)
    {
        var count = completion.Candidates.Count;
        position = IsFresh ? (backwards ? count - 1 : 0) : (position + (backwards ? count - 1 : 1)) % count;
        return With(completion.Candidates[position].CompletionText);
    }

    private (string Text, int Cursor) With(string replacement) =>
        (line[..completion.Start] + replacement + line[(completion.Start + completion.Length)..], completion.Start + replacement.Length);

    private static string Shared(string first, string second)
    {
        var length = 0;
        while (length < Math.Min(first.Length, second.Length) && char.ToLowerInvariant(first[length]) == char.ToLowerInvariant(second[length]))
        {
            length++;
        }

        return first[..length];
    }
}
