using System.Management.Automation;
using System.Text.RegularExpressions;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsCommon.Select, "String", DefaultParameterSetName = "File")]
public sealed class SelectStringCommand : PSCmdlet
{
    private Regex[] patterns = [];

    [Parameter(Position = 0, Mandatory = true)]
    public string[] Pattern { get; set; } = [];

    [Parameter(Position = 1, Mandatory = true, ParameterSetName = "File", ValueFromPipelineByPropertyName = true)]
    public string[] Path { get; set; } = [];

    [Parameter(Mandatory = true, ParameterSetName = "LiteralFile", ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "LP")]
    public string[] LiteralPath { get; set; } = [];

    [Parameter(Mandatory = true, ParameterSetName = "Object", ValueFromPipeline = true)]
    [AllowNull]
    [AllowEmptyString]
    public PSObject? InputObject { get; set; }

    [Parameter]
    public SwitchParameter SimpleMatch { get; set; }

    [Parameter]
    public SwitchParameter CaseSensitive { get; set; }

    [Parameter]
    public SwitchParameter Quiet { get; set; }

    [Parameter]
    public SwitchParameter Raw { get; set; }

    [Parameter]
    public SwitchParameter List { get; set; }

    [Parameter]
    public SwitchParameter NotMatch { get; set; }

    [Parameter]
    public SwitchParameter AllMatches { get; set; }

    private bool found;
    private int inputLine;

    protected override void BeginProcessing() => patterns =
    [
        .. Pattern.Select(pattern => new Regex(
            SimpleMatch ? Regex.Escape(pattern) : pattern,
            CaseSensitive ? RegexOptions.None : RegexOptions.IgnoreCase)),
    ];

    protected override void ProcessRecord()
    {
        if (ParameterSetName == "Object")
        {
            Test(LanguagePrimitives.ConvertTo<string>(InputObject), "InputStream", ++inputLine);
            return;
        }

        var files = ParameterSetName == "File"
            ? Path.SelectMany(path => GetResolvedProviderPathFromPSPath(path, out _))
            : LiteralPath.Select(GetUnresolvedProviderPathFromPSPath);
        foreach (var file in files)
        {
            var number = 0;
            foreach (var line in File.ReadLines(file))
            {
                if (Test(line, file, ++number) && List)
                {
                    break;
                }
            }
        }
    }

    protected override void EndProcessing()
    {
        if (Quiet)
        {
            WriteObject(found);
        }
    }

    private bool Test(string line, string source, int number)
    {
        var matches = patterns.Select(pattern => pattern.Matches(line)).FirstOrDefault(all => all.Count > 0);
        if ((matches is not null) == NotMatch.IsPresent)
        {
            return false;
        }

        found = true;
        if (Raw)
        {
            WriteObject(line);
        }
        else if (!Quiet)
        {
            var hits = matches is null ? [] : AllMatches ? matches.ToArray() : [matches[0]];
            WriteObject(new MatchInfo(line, source, number, hits));
        }

        return true;
    }
}
