using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

/// <summary>A cmdlet that does something to each variable that a name or pattern finds.</summary>
public abstract class NamedVariableCommand : PSCmdlet
{
    [Parameter(Position = 0, Mandatory = true, ValueFromPipelineByPropertyName = true)]
    public string[] Name { get; set; } = [];

    [Parameter]
    public string? Scope { get; set; }

    [Parameter]
    public SwitchParameter Force { get; set; }

    private protected abstract string Action { get; }

    protected override void ProcessRecord()
    {
        foreach (var name in Name)
        {
            var found = VariableLookup.Find(this, name, Scope).ToList();
            if (found.Count == 0 && !WildcardPattern.ContainsWildcardCharacters(name))
            {
                WriteError(VariableLookup.NotFound(name));
            }

            foreach (var variable in found.Where(variable => ShouldProcess($"Name: {variable.Name}", Action)))
            {
                Try(variable);
            }
        }
    }

    private protected abstract void Change(PSVariable variable);

    private void Try(PSVariable variable)
    {
        try
        {
            Change(variable);
        }
        catch (SessionStateException error)
        {
            WriteError(new ErrorRecord(error.ErrorRecord, error));
        }
    }
}
