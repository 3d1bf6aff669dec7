using System.Management.Automation;
using System.Diagnostics;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsLifecycle.Stop, "Process", SupportsShouldProcess = true, DefaultParameterSetName = "Id")]
public sealed class StopProcessCommand : PSCmdlet
{
    [Parameter(Position = 0, Mandatory = true, ParameterSetName = "Id", ValueFromPipelineByPropertyName = true)]
    public int[] Id { get; set; } = [];

    [Parameter(Position = 0, Mandatory = true, ParameterSetName = "InputObject", ValueFromPipeline = true)]
    public Process[] InputObject { get; set; } = [];

    [Parameter(Mandatory = true, ParameterSetName = "Name")]
    [Alias("ProcessName")]
    public string[] Name { get; set; } = [];

    [Parameter]
    public SwitchParameter Force { get; set; }

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    protected override void ProcessRecord()
    {
        foreach (var process in Targets().Where(process => ShouldProcess($"{process.ProcessName} ({process.Id})", "Stop process")))
        {
            process.Kill();
            if (PassThru)
            {
                WriteObject(process);
            }
        }
    }

    private IEnumerable<Process> Targets() => ParameterSetName switch
    {
        "InputObject" => InputObject,
        "Name" => Name.SelectMany(Process.GetProcessesByName),
        _ => Id.Select(ById).OfType<Process>(),
    };

    private Process? ById(int id)
    {
        try
        {
            return Process.GetProcessById(id);
        }
        catch (ArgumentException)
        {
            WriteError(new ErrorRecord(
                new ProcessCommandException($"Cannot find a process with the process identifier {id}."),
                "NoProcessFoundForGivenId",
                ErrorCategory.ObjectNotFound,
                id));
            return null;
        }
    }
}
