using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsCommon.Remove, "Variable", SupportsShouldProcess = true)]
public sealed class RemoveVariableCommand : NamedVariableCommand
{
    private protected override string Action => "Remove variable";

    private protected override void Change(PSVariable variable)
    {
        if (Scope is null)
        {
            SessionState.PSVariable.Remove(variable);
        }
        else
        {
            EngineScopes.Remove(SessionState, variable.Name, Scope, Force);
        }
    }
}
