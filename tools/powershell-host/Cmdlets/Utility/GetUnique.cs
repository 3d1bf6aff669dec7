using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsCommon.Get, "Unique")]
public sealed class GetUniqueCommand : PSCmdlet
{
    private PSObject? previous;

    [Parameter(ValueFromPipeline = true)]
    public PSObject? InputObject { get; set; }

    protected override void ProcessRecord()
    {
        if (InputObject is not null && (previous is null || !ObjectEquality.AreEqual(previous, InputObject, caseSensitive: true)))
        {
            WriteObject(InputObject);
            previous = InputObject;
        }
    }
}
