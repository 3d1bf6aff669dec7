using System.Collections;
using System.Collections.ObjectModel;
using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

/// <summary>What Group-Object writes; the engine's default view is registered for this name.</summary>
public class GroupInfo
{
    private readonly bool countsOnly;

    internal GroupInfo(object?[] values, bool countsOnly)
    {
        this.countsOnly = countsOnly;
        Values = new ArrayList(values);
        Name = string.Join(", ", values.Select(value => LanguagePrimitives.ConvertTo<string>(value)));
    }

    public int Count { get; private set; }

    public string Name { get; }

    public ArrayList Values { get; }

    public Collection<PSObject> Group { get; } = [];

    internal void Add(PSObject item)
    {
        Count++;
        if (!countsOnly)
        {
            Group.Add(item);
        }
    }
}
