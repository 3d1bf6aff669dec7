using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsCommon.Get, "PSCallStack")]
[OutputType(typeof(CallStackFrame))]
public sealed class GetPSCallStackCommand : PSCmdlet
{
    protected override void ProcessRecord() =>
        WriteObject(System.Management.Automation.Runspaces.Runspace.DefaultRunspace.Debugger.GetCallStack(), enumerateCollection: true);
}
