using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsData.Compare, "Object")]
public sealed class CompareObjectCommand : PSCmdlet
{
    private readonly List<PSObject> differences = [];

    [Parameter(Position = 0, Mandatory = true)]
    [AllowEmptyCollection]
    public PSObject[] ReferenceObject { get; set; } = [];

    [Parameter(Position = 1, Mandatory = true, ValueFromPipeline = true)]
    [AllowEmptyCollection]
    public PSObject[] DifferenceObject { get; set; } = [];

    [Parameter]
    public int SyncWindow { get; set; } = int.MaxValue;

    [Parameter]
    public object[] Property { get; set; } = [];

    [Parameter]
    public SwitchParameter ExcludeDifferent { get; set; }

    [Parameter]
    public SwitchParameter IncludeEqual { get; set; }

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    [Parameter]
    public SwitchParameter CaseSensitive { get; set; }

    protected override void ProcessRecord() => differences.AddRange(DifferenceObject);

    protected override void EndProcessing()
    {
        var keys = Property.Select(PropertyExpression.Parse).ToList();
        var unmatched = ReferenceObject.ToList();
        var onlyThere = new List<PSObject>();
        foreach (var item in differences)
        {
            var index = unmatched.FindIndex(candidate => AreEqual(candidate, item, keys));
            if (index < 0)
            {
                onlyThere.Add(item);
                continue;
            }

            if (IncludeEqual || ExcludeDifferent)
            {
                Emit(unmatched[index], "==", keys);
            }

            unmatched.RemoveAt(index);
        }

        if (!ExcludeDifferent)
        {
            onlyThere.ForEach(item => Emit(item, "=>", keys));
            unmatched.ForEach(item => Emit(item, "<=", keys));
        }
    }

    private bool AreEqual(PSObject first, PSObject second, List<PropertyExpression> keys) => keys.Count == 0
        ? ObjectEquality.AreEqual(first, second, CaseSensitive)
        : keys.TrueForAll(key => LanguagePrimitives.Equals(key.ValueIn(first), key.ValueIn(second), !CaseSensitive));

    private void Emit(PSObject item, string side, List<PropertyExpression> keys)
    {
        PSObject result;
        if (PassThru)
        {
            result = item;
        }
        else
        {
            result = new PSObject();
            if (keys.Count == 0)
            {
                result.Properties.Add(new PSNoteProperty("InputObject", item));
            }

            keys.ForEach(key => result.Properties.Add(new PSNoteProperty(key.Name, key.ValueIn(item))));
        }

        result.Properties.Add(new PSNoteProperty("SideIndicator", side));
        WriteObject(result);
    }
}
