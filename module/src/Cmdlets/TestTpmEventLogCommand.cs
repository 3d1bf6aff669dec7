using System.Management.Automation;

namespace TpmTbs.Cmdlets;

/// <summary>Tests whether the measured-boot log leads to what the PCRs hold.</summary>
/// <remarks>
/// Replays the log, bank by bank, from the values that PCRs have after a start, and compares the outcome with the TPM's PCRs.
/// Matches is true when something was compared and all of it is the same. With -Quiet it returns true or false only. A log
/// that is missing or damaged is an error.
/// </remarks>
/// <example>
/// <code>Test-TpmEventLog</code>
/// <para>Tells whether log and TPM belong together.</para>
/// </example>
/// <example>
/// <code>(Test-TpmEventLog).Pcrs | Where-Object { -not $_.Matches }</code>
/// <para>Shows the PCRs where they differ.</para>
/// </example>
/// <seealso>Get-TpmEventLog</seealso>
[Cmdlet(VerbsDiagnostic.Test, "TpmEventLog")]
[OutputType(typeof(EventLogTest), typeof(bool))]
public sealed class TestTpmEventLogCommand : TbsCmdlet
{
    /// <summary>Returns true or false instead of the object.</summary>
    [Parameter]
    public SwitchParameter Quiet { get; set; }

    /// <inheritdoc/>
    protected override void Process()
    {
        EventLogTest test = Call("eventLog/test", EventLogTest.Read);
        WriteObject(Quiet ? test.Matches : test);
    }
}
