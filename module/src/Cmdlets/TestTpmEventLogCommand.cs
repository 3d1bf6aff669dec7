using System.Management.Automation;

namespace TpmTbs.Cmdlets;

/// <summary>Tests whether replaying the measured-boot log produces the values in the PCRs.</summary>
/// <remarks>
/// Replays the log, bank by bank, from the values that PCRs have after a start, and compares the results with the TPM's
/// PCRs. Matches is true if at least one PCR was compared and all of them are equal. With -Quiet it returns only true
/// or false. A missing or damaged log is an error.
/// </remarks>
/// <example>
/// <code>Test-TpmEventLog</code>
/// <para>Shows whether the log matches the TPM.</para>
/// </example>
/// <example>
/// <code>(Test-TpmEventLog).Pcrs | Where-Object { -not $_.Matches }</code>
/// <para>Shows the PCRs that differ.</para>
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
