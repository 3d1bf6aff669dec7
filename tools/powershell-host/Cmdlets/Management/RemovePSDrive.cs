using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsCommon.Remove, "PSDrive", SupportsShouldProcess = true)]
public sealed class RemovePSDriveCommand : PSCmdlet
{
    [Parameter(Position = 0, Mandatory = true, ValueFromPipelineByPropertyName = true)]
    public string[] Name { get; set; } = [];

    [Parameter]
    public SwitchParameter Force { get; set; }

    [Parameter]
    public string? Scope { get; set; }

    protected override void ProcessRecord()
    {
        foreach (var name in Name.Where(name => ShouldProcess($"Name: {name}", "Remove drive")))
        {
            try
            {
                SessionState.Drive.Remove(name, Force, Scope);
            }
            catch (RuntimeException error) when (error is not (PipelineStoppedException or ActionPreferenceStopException))
            {
                WriteError(new ErrorRecord(error.ErrorRecord, error));
            }
        }
    }
}
