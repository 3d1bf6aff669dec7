using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsCommon.Get, "Alias", DefaultParameterSetName = "Default")]
public sealed class GetAliasCommand : PSCmdlet
{
    [Parameter(Position = 0, ParameterSetName = "Default", ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    public string[] Name { get; set; } = ["*"];

    [Parameter(ParameterSetName = "Definition")]
    public string[] Definition { get; set; } = [];

    [Parameter]
    public string[] Exclude { get; set; } = [];

    protected override void ProcessRecord()
    {
        var names = ParameterSetName == "Definition" ? ["*"] : Name;
        foreach (var name in names)
        {
            var found = InvokeCommand.GetCommands(name, CommandTypes.Alias, nameIsPattern: true)
                .OfType<AliasInfo>()
                .Where(alias => Definition.Length == 0 || Matches(Definition, alias.Definition))
                .Where(alias => !Matches(Exclude, alias.Name))
                .OrderBy(alias => alias.Name, StringComparer.OrdinalIgnoreCase)
                .ToList();
            WriteObject(found, enumerateCollection: true);
            if (found.Count == 0 && !WildcardPattern.ContainsWildcardCharacters(name))
            {
                WriteError(new ErrorRecord(
                    new ItemNotFoundException($"This command cannot find a matching alias because an alias with the name '{name}' does not exist."),
                    "ItemNotFoundException",
                    ErrorCategory.ObjectNotFound,
                    name));
            }
        }
    }

    private static bool Matches(string[] patterns, string text) =>
        patterns.Any(pattern => new WildcardPattern(pattern, WildcardOptions.IgnoreCase).IsMatch(text));
}
