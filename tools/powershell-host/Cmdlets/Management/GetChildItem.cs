using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsCommon.Get, "ChildItem", DefaultParameterSetName = "Path")]
public sealed class GetChildItemCommand : ItemPathCommand
{
    [Parameter(Position = 1)]
    public string? Filter { get; set; }

    [Parameter]
    public string[] Include { get; set; } = [];

    [Parameter]
    public string[] Exclude { get; set; } = [];

    [Parameter]
    [Alias("s", "r")]
    public SwitchParameter Recurse { get; set; }

    [Parameter]
    public uint Depth { get; set; } = uint.MaxValue;

    [Parameter]
    [Alias("ad", "d")]
    public SwitchParameter Directory { get; set; }

    [Parameter]
    [Alias("af")]
    public SwitchParameter File { get; set; }

    [Parameter]
    public SwitchParameter Name { get; set; }

    private protected override string[] PathsWhenNoneGiven => ["."];

    private protected override void ProcessPath(string path)
    {
        var recurse = Recurse || MyInvocation.BoundParameters.ContainsKey(nameof(Depth));
        var items = InvokeProvider.ChildItem.Get([path], recurse, Depth, Force, IsLiteral);
        foreach (var item in items.Where(IsWanted))
        {
            WriteObject(Name ? item.Properties["PSChildName"]?.Value : item);
        }
    }

    private bool IsWanted(PSObject item)
    {
        var name = item.Properties["PSChildName"]?.Value as string ?? "";
        var isContainer = item.Properties["PSIsContainer"]?.Value is true;
        return (!Directory || isContainer)
            && (!File || !isContainer)
            && (string.IsNullOrEmpty(Filter) || Matches(Filter, name))
            && (Include.Length == 0 || Include.Any(pattern => Matches(pattern, name)))
            && !Exclude.Any(pattern => Matches(pattern, name));
    }

    private static bool Matches(string pattern, string name) => new WildcardPattern(pattern, WildcardOptions.IgnoreCase).IsMatch(name);
}
