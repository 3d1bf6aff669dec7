using System.Management.Automation;

namespace TpmTbs.Cmdlets;

/// <summary>Tests whether replaying the measured-boot log produces the values in the PCRs.</summary>
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
