using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsCommon.Get, "Location")]
public sealed class GetLocationCommand : PSCmdlet
{
    [Parameter]
    public string[] PSProvider { get; set; } = [];

    [Parameter]
    public SwitchParameter Stack { get; set; }

    [Parameter]
    public string? StackName { get; set; }

    protected override void ProcessRecord()
    {
        if (Stack || StackName is not null)
        {
            WriteObject(SessionState.Path.LocationStack(StackName));
        }
        else if (PSProvider.Length > 0)
        {
            foreach (var provider in PSProvider)
            {
                WriteObject(SessionState.Path.CurrentProviderLocation(provider));
            }
        }
        else
        {
            WriteObject(SessionState.Path.CurrentLocation);
        }
    }
}
