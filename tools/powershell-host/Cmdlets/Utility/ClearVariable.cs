using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsCommon.Clear, "Variable", SupportsShouldProcess = true)]
public sealed class ClearVariableCommand : NamedVariableCommand
{
    private protected override string Action => "Clear variable";

    private protected override void Change(PSVariable variable) => variable.Value = null;
}
