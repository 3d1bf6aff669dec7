using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

[Cmdlet("Group", "Object", DefaultParameterSetName = "HashTable")]
public sealed class GroupObjectCommand : PSCmdlet
{
    private readonly List<GroupInfo> groups = [];
    private List<PropertyExpression> keys = [];

    [Parameter(ValueFromPipeline = true)]
    public PSObject? InputObject { get; set; }

    [Parameter(Position = 0)]
    public object[] Property { get; set; } = [];

    [Parameter]
    public SwitchParameter NoElement { get; set; }

    [Parameter(ParameterSetName = "HashTable")]
    [Alias("AHT")]
    public SwitchParameter AsHashTable { get; set; }

    [Parameter(ParameterSetName = "HashTable")]
    public SwitchParameter AsString { get; set; }

    [Parameter]
    public SwitchParameter CaseSensitive { get; set; }

    protected override void BeginProcessing() => keys = [.. Property.Select(PropertyExpression.Parse)];

    protected override void ProcessRecord()
    {
        if (InputObject is null)
        {
            return;
        }

        object?[] values = keys.Count == 0 ? [InputObject.BaseObject] : [.. keys.Select(key => key.ValueIn(InputObject))];
        var group = groups.Find(known => known.Values.Cast<object?>().Zip(values).All(pair => LanguagePrimitives.Equals(pair.First, pair.Second, !CaseSensitive)));
        if (group is null)
        {
            group = new GroupInfo(values, NoElement);
            groups.Add(group);
        }

        group.Add(InputObject);
    }

    protected override void EndProcessing()
    {
        if (!AsHashTable)
        {
            WriteObject(groups.OrderBy(group => group.Name, StringComparer.OrdinalIgnoreCase), enumerateCollection: true);
            return;
        }

        var table = new System.Collections.Hashtable(CaseSensitive ? StringComparer.Ordinal : StringComparer.OrdinalIgnoreCase as System.Collections.IEqualityComparer);
        foreach (var group in groups)
        {
            table[AsString ? group.Name : group.Values[0] ?? ""] = group.Group;
        }

        WriteObject(table);
    }
}
