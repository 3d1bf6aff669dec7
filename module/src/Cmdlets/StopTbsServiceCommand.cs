using System.Management.Automation;
using TpmTbs.Client;

namespace TpmTbs.Cmdlets;

/// <summary>Stops the broker after the commands in progress have finished.</summary>
/// <remarks>
/// Asks the broker to finish the commands in progress and to stop, and waits until it has stopped. The broker flushes the
/// resources that callers hold in the TPM. For administrators.
/// </remarks>
/// <example>
/// <code>Stop-TbsService</code>
/// <para>Stops the broker after asking.</para>
/// </example>
/// <example>
/// <code>Stop-TbsService -Confirm:$false -TimeoutSeconds 2</code>
/// <para>Stops it from a script.</para>
/// </example>
/// <seealso>Start-TbsService</seealso>
[Cmdlet(VerbsLifecycle.Stop, "TbsService", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(void))]
public sealed class StopTbsServiceCommand : TbsCmdlet
{
    /// <summary>How much longer than -TimeoutSeconds the broker may take to shut down its own TPM.</summary>
    private const int ShutdownSeconds = 30;

    /// <summary>How long commands in progress may take to finish.</summary>
    [Parameter]
    [ValidateRange(0, 600)]
    public int TimeoutSeconds { get; set; } = 10;

    /// <inheritdoc/>
    protected override void Process()
    {
        if (!Confirmed("TPM base services (tbsd)", "Stop")) return;
        RpcParameters parameters = new() { ["drainTimeoutMs"] = 1000 * TimeoutSeconds };
        int processId = Call("service/stop", parameters, static json => json.Int32("processId"));
        Deadline deadline = Deadline.In(System.TimeSpan.FromSeconds(TimeoutSeconds + ShutdownSeconds));
        // Another broker can use its folders, and its embedded TPM, only after its process has ended.
        while (BrokerProcess.IsRunning(processId))
        {
            if (deadline.HasPassed)
            {
                throw new TbsException("TBS_E_SERVICE_START_PENDING", "The broker has not stopped yet.",
                    "See the log of tbsd for what it waits for.") { TargetObject = processId };
            }
            StopToken.WaitHandle.WaitOne(20);
            StopToken.ThrowIfCancellationRequested();
        }
        BrokerClient.Close();
    }
}
