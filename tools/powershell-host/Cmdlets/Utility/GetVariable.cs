using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsCommon.Get, "Variable")]
public sealed class GetVariableCommand : PSCmdlet
{
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    public string[] Name { get; set; } = ["*"];

    [Parameter]
    public SwitchParameter ValueOnly { get; set; }

    [Parameter]
    public string[] Include { get; set; } = [];

    [Parameter]
    public string[] Exclude { get; set; } = [];

    [Parameter]
    public string? Scope { get; set; }

    protected override void ProcessRecord()
    {
        foreach (var name in Name)
        {
            var found = VariableLookup.Find(this, name, Scope)
                .Where(variable => Include.Length == 0 || Matches(Include, variable.Name))
                .Where(variable => !Matches(Exclude, variable.Name))
                .OrderBy(variable => variable.Name, StringComparer.OrdinalIgnoreCase)
                .ToList();
            foreach (var variable in found)
            {
                WriteObject(ValueOnly ? variable.Value : variable);
            }

            if (found.Count == 0 && !WildcardPattern.ContainsWildcardCharacters(name))
            {
                WriteError(VariableLookup.NotFound(name));
            }
        }
    }

    private static bool Matches(string[] patterns, string name) =>
        patterns.Any(pattern => new WildcardPattern(pattern, WildcardOptions.IgnoreCase).IsMatch(name));
}
