using System.Management.Automation;
using System.Management.Automation.Runspaces;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsCommon.Get, "FormatData")]
[OutputType(typeof(ExtendedTypeDefinition))]
public sealed class GetFormatDataCommand : PSCmdlet
{
    [Parameter(Position = 0)]
    public string[] TypeName { get; set; } = ["*"];

    [Parameter]
    public Version? PowerShellVersion { get; set; }

    protected override void EndProcessing()
    {
        var patterns = TypeName.Select(name => new WildcardPattern(name, WildcardOptions.IgnoreCase)).ToList();
        var views = EngineFormatData.Views(Runspace.DefaultRunspace)
            .SelectMany(view => view.TypeNames.Select(name => (Name: name, view.Definition)))
            .Where(view => patterns.Exists(pattern => pattern.IsMatch(view.Name)))
            .GroupBy(view => view.Name, view => view.Definition(), StringComparer.OrdinalIgnoreCase);
        foreach (var type in views)
        {
            WriteObject(new ExtendedTypeDefinition(type.Key, type));
        }
    }
}
