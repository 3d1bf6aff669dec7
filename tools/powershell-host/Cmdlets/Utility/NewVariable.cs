using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsCommon.New, "Variable", SupportsShouldProcess = true)]
public sealed class NewVariableCommand : SetVariableCommand
{
    private protected override void Store(string name, object? value)
    {
        if (!Force && VariableLookup.Get(this, name, Scope ?? "0") is not null)
        {
            WriteError(new ErrorRecord(
                new SessionStateException($"A variable with name '{name}' already exists."),
                "VariableAlreadyExists",
                ErrorCategory.ResourceExists,
                name));
            return;
        }

        base.Store(name, value);
    }
}
