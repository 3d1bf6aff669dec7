using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsCommon.Set, "Location", DefaultParameterSetName = "Path")]
public class SetLocationCommand : PSCmdlet
{
    [Parameter(Position = 0, ParameterSetName = "Path", ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    public string Path { get; set; } = "~";

    [Parameter(Mandatory = true, ParameterSetName = "LiteralPath", ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "LP")]
    public string LiteralPath { get; set; } = "";

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    protected override void ProcessRecord()
    {
        try
        {
            var target = ParameterSetName == "LiteralPath" ? WildcardPattern.Escape(LiteralPath) : Path;
            var location = SessionState.Path.SetLocation(target);
            if (PassThru)
            {
                WriteObject(location);
            }
        }
        catch (RuntimeException error) when (error is not (PipelineStoppedException or ActionPreferenceStopException))
        {
            WriteError(new ErrorRecord(error.ErrorRecord, error));
        }
    }
}
