using System.Management.Automation;
using System.Diagnostics;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsLifecycle.Wait, "Process", DefaultParameterSetName = "Name")]
public sealed class WaitProcessCommand : PSCmdlet, IDisposable
{
    private readonly CancellationTokenSource stopped = new();

    [Parameter(Position = 0, Mandatory = true, ParameterSetName = "Name")]
    [Alias("ProcessName")]
    public string[] Name { get; set; } = [];

    [Parameter(Mandatory = true, ParameterSetName = "Id", ValueFromPipelineByPropertyName = true)]
    [Alias("PID")]
    public int[] Id { get; set; } = [];

    [Parameter(Mandatory = true, ParameterSetName = "InputObject", ValueFromPipeline = true)]
    public Process[] InputObject { get; set; } = [];

    [Parameter(Position = 1)]
    [Alias("TimeoutSec")]
    [ValidateRange(0, 32767)]
    public int Timeout { get; set; } = -1;

    protected override void ProcessRecord()
    {
        foreach (var process in Targets())
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(stopped.Token);
            if (Timeout >= 0)
            {
                limit.CancelAfter(TimeSpan.FromSeconds(Timeout));
            }

            try
            {
                process.WaitForExitAsync(limit.Token).GetAwaiter().GetResult();
            }
            catch (OperationCanceledException) when (!stopped.IsCancellationRequested)
            {
                WriteError(new ErrorRecord(
                    new TimeoutException($"The process \"{process.ProcessName} ({process.Id})\" has not ended within {Timeout} s."),
                    "ProcessNotTerminated",
                    ErrorCategory.CloseError,
                    process));
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    protected override void StopProcessing() => stopped.Cancel();

    public void Dispose() => stopped.Dispose();

    private IEnumerable<Process> Targets() => ParameterSetName switch
    {
        "InputObject" => InputObject,
        "Id" => Process.GetProcesses().Where(process => Id.Contains(process.Id)),
        _ => Name.SelectMany(Process.GetProcessesByName),
    };
}
