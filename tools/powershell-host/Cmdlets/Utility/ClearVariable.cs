using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsCommon.Clear, "Variable", SupportsShouldProcess = true)]
public sealed class ClearVariableCommand : PSCmdlet
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
            if (found.Count == 0)
            {
                WriteError(VariableLookup.NotFound(name));
            }

            foreach (var variable in found.Where(variable => ShouldProcess($"Name: {variable.Name}", "Clear variable")))
            {
                variable.Value = null;
            }
        }
    }
}
