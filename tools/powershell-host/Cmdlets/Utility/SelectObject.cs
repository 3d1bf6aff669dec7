using System.Management.Automation;
using System.Collections;
using TpmTbs.PowerShellHost.Host;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsCommon.Select, "Object", DefaultParameterSetName = "DefaultParameter")]
public sealed class SelectObjectCommand : PSCmdlet
{
    private readonly Queue<PSObject> lastOnes = new();
    private readonly List<PSObject> uniqueOnes = [];
    private int seen;
    private int written;
    private PropertySelection? selection;

    [Parameter(ValueFromPipeline = true)]
    public PSObject? InputObject { get; set; }

    [Parameter(Position = 0, ParameterSetName = "DefaultParameter")]
    [Parameter(Position = 0, ParameterSetName = "SkipLastParameter")]
    public object[]? Property { get; set; }

    [Parameter]
    public string[]? ExcludeProperty { get; set; }

    [Parameter(ParameterSetName = "DefaultParameter")]
    [Parameter(ParameterSetName = "SkipLastParameter")]
    public string? ExpandProperty { get; set; }

    [Parameter]
    public SwitchParameter Unique { get; set; }

    [Parameter]
    public SwitchParameter CaseInsensitive { get; set; }

    [Parameter(ParameterSetName = "DefaultParameter")]
    [ValidateRange(0, int.MaxValue)]
    public int Last { get; set; }

    [Parameter(ParameterSetName = "DefaultParameter")]
    [ValidateRange(0, int.MaxValue)]
    public int First { get; set; }

    [Parameter(ParameterSetName = "DefaultParameter")]
    [ValidateRange(0, int.MaxValue)]
    public int Skip { get; set; }

    [Parameter(ParameterSetName = "SkipLastParameter")]
    [ValidateRange(0, int.MaxValue)]
    public int SkipLast { get; set; }

    [Parameter]
    public SwitchParameter Wait { get; set; }

    [Parameter(ParameterSetName = "IndexParameter")]
    [ValidateRange(0, int.MaxValue)]
    public int[]? Index { get; set; }

    [Parameter(ParameterSetName = "SkipIndexParameter")]
    [ValidateRange(0, int.MaxValue)]
    public int[]? SkipIndex { get; set; }

    private bool HasFirst => MyInvocation.BoundParameters.ContainsKey(nameof(First));

    private bool HasLast => MyInvocation.BoundParameters.ContainsKey(nameof(Last));

    protected override void BeginProcessing()
    {
        if (Property is not null || ExcludeProperty is not null)
        {
            selection = new PropertySelection(Property ?? ["*"], ExcludeProperty ?? []);
        }
    }

    protected override void ProcessRecord()
    {
        if (InputObject is null)
        {
            return;
        }

        var position = seen++;
        if (Index is not null || SkipIndex is not null)
        {
            if (Index?.Contains(position) ?? !SkipIndex!.Contains(position))
            {
                Emit(InputObject);
            }

            return;
        }

        if (SkipLast > 0 || HasLast)
        {
            lastOnes.Enqueue(InputObject);
            if (SkipLast > 0 && lastOnes.Count > SkipLast)
            {
                Emit(lastOnes.Dequeue());
            }
            else if (HasLast && !HasFirst && lastOnes.Count > Last + Skip)
            {
                lastOnes.Dequeue();
            }

            if (HasLast && HasFirst && written < First && position >= Skip)
            {
                Emit(lastOnes.Dequeue());
            }

            return;
        }

        if (position < Skip || (HasFirst && written >= First))
        {
            StopIfDone();
            return;
        }

        Emit(InputObject);
        StopIfDone();
    }

    protected override void EndProcessing()
    {
        if (HasLast)
        {
            // -Skip counts from the end when -Last is given alone.
            var rest = lastOnes.ToList();
            var end = HasFirst ? rest.Count : Math.Max(0, rest.Count - Skip);
            foreach (var item in rest.Take(end).TakeLast(Last))
            {
                Emit(item);
            }
        }

        foreach (var item in uniqueOnes)
        {
            WriteObject(item);
        }
    }

    private void StopIfDone()
    {
        if (HasFirst && !Wait && !Unique && written >= First)
        {
            throw EngineInternals.StopUpstream(this);
        }
    }

    private void Emit(PSObject item)
    {
        written++;
        if (ExpandProperty is not null)
        {
            Expand(item);
        }
        else
        {
            Output(selection is null ? item : selection.Apply(item));
        }
    }

    private void Expand(PSObject item)
    {
        var found = item.Properties.Match(ExpandProperty!, PSMemberTypes.All);
        if (found.Count == 0 && item.BaseObject is IDictionary table && table.Contains(ExpandProperty!))
        {
            Output(PSObject.AsPSObject(table[ExpandProperty!] ?? ""));
            return;
        }

        if (found.Count == 0)
        {
            WriteError(new ErrorRecord(
                new PSArgumentException($"Property \"{ExpandProperty}\" cannot be found."),
                "ExpandPropertyNotFound",
                ErrorCategory.InvalidArgument,
                item));
            return;
        }

        var value = found[0].Value;
        if (value is null)
        {
            return;
        }

        foreach (var part in LanguagePrimitives.GetEnumerable(value)?.Cast<object?>() ?? [value])
        {
            if (part is null)
            {
                continue;
            }

            var expanded = PSObject.AsPSObject(part);
            if (selection is not null)
            {
                foreach (var property in selection.Apply(item).Properties.Where(property => expanded.Properties[property.Name] is null))
                {
                    expanded.Properties.Add(new PSNoteProperty(property.Name, property.Value));
                }
            }

            Output(expanded);
        }
    }

    private void Output(PSObject item)
    {
        if (!Unique)
        {
            WriteObject(item);
        }
        else if (!uniqueOnes.Exists(known => ObjectEquality.AreEqual(known, item, !CaseInsensitive)))
        {
            uniqueOnes.Add(item);
        }
    }
}
