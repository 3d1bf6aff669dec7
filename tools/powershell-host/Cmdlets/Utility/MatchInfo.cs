using System.Text.RegularExpressions;

namespace Microsoft.PowerShell.Commands;

/// <summary>What Select-String writes.</summary>
public sealed class MatchInfo(string line, string path, int lineNumber, Match[] matches)
{
    public string Line { get; } = line;

    public string Path { get; } = path;

    public string Filename => System.IO.Path.GetFileName(Path);

    public int LineNumber { get; } = lineNumber;

    public Match[] Matches { get; } = matches;

    public override string ToString() => Path == "InputStream" ? Line : $"{Path}:{LineNumber}:{Line}";
}
