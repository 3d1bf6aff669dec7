using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsCommon.Push, "Location", DefaultParameterSetName = "Path")]
public sealed class PushLocationCommand : SetLocationCommand
{
    [Parameter]
    public string StackName { get; set; } = "";

    protected override void ProcessRecord()
    {
        SessionState.Path.PushCurrentLocation(StackName);
        if (MyInvocation.BoundParameters.ContainsKey(nameof(Path)) || ParameterSetName == "LiteralPath")
        {
            base.ProcessRecord();
        }
    }
}
