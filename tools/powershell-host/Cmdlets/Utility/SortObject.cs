using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

[Cmdlet("Sort", "Object", DefaultParameterSetName = "Default")]
public sealed class SortObjectCommand : PSCmdlet
{
    private readonly List<PSObject> items = [];

    [Parameter(ValueFromPipeline = true)]
    public PSObject? InputObject { get; set; }

    [Parameter(Position = 0)]
    public object[] Property { get; set; } = [];

    [Parameter]
    public SwitchParameter Descending { get; set; }

    [Parameter]
    public SwitchParameter Unique { get; set; }

    [Parameter]
    public SwitchParameter CaseSensitive { get; set; }

    /// <summary>Sorting is stable in any case.</summary>
    [Parameter]
    public SwitchParameter Stable { get; set; }

    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int Top { get; set; } = int.MaxValue;

    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int Bottom { get; set; } = int.MaxValue;

    protected override void ProcessRecord()
    {
        if (InputObject is not null)
        {
            items.Add(InputObject);
        }
    }

    protected override void EndProcessing()
    {
        var keys = Property.Select(PropertyExpression.Parse).ToList();
        var comparer = new SortKeyComparer([.. keys.Select(key => key.Descending ?? Descending)], Descending, !CaseSensitive);
        var sorted = items
            .Select(item => (Item: item, Keys: keys.Count == 0 ? [item.BaseObject] : keys.Select(key => key.ValueIn(item)).ToArray()))
            .OrderBy(entry => entry.Keys, comparer)
            .ToList();
        if (Unique)
        {
            sorted = [.. sorted.Where((entry, index) => index == 0 || comparer.Compare(sorted[index - 1].Keys, entry.Keys) != 0)];
        }

        var wanted = MyInvocation.BoundParameters.ContainsKey(nameof(Bottom)) ? sorted.TakeLast(Bottom) : sorted.Take(Top);
        WriteObject(wanted.Select(entry => entry.Item), enumerateCollection: true);
    }

    private sealed class SortKeyComparer(bool[] descending, bool descendingItself, bool ignoreCase) : IComparer<object?[]>
    {
        public int Compare(object?[]? first, object?[]? second)
        {
            for (var index = 0; index < first!.Length; index++)
            {
                var order = CompareValues(first[index], second![index]);
                if (order != 0)
                {
                    return (descending.Length > 0 ? descending[index] : descendingItself) ? -order : order;
                }
            }

            return 0;
        }

        private int CompareValues(object? first, object? second)
        {
            if (LanguagePrimitives.TryCompare(first, second, ignoreCase, out var order))
            {
                return order;
            }

            // Values of kinds that have no order among themselves are ordered by their text, as in pwsh.
            return string.Compare(first?.ToString(), second?.ToString(), ignoreCase, System.Globalization.CultureInfo.CurrentCulture);
        }
    }
}
