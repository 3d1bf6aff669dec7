using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsCommon.Remove, "Variable", SupportsShouldProcess = true)]
public sealed class RemoveVariableCommand : PSCmdlet
{
    [Parameter(Position = 0, Mandatory = true, ValueFromPipelineByPropertyName = true)]
    public string[] Name { get; set; } = [];

    [Parameter]
    public string? Scope { get; set; }

    [Parameter]
    public SwitchParameter Force { get; set; }

    protected override void ProcessRecord()
    {
        foreach (var name in Name)
        {
            var found = VariableLookup.Find(this, name, Scope).ToList();
            if (found.Count == 0 && !WildcardPattern.ContainsWildcardCharacters(name))
            {
                WriteError(VariableLookup.NotFound(name));
            }

            foreach (var variable in found.Where(variable => ShouldProcess($"Name: {variable.Name}", "Remove variable")))
            {
                Remove(variable);
            }
        }
    }

    private void Remove(PSVariable variable)
    {
        try
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
        catch (SessionStateException error)
        {
            WriteError(new ErrorRecord(error.ErrorRecord, error));
        }
    }
}
