using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsCommon.Get, "ItemProperty", DefaultParameterSetName = "Path")]
public sealed class GetItemPropertyCommand : ItemPathCommand
{
    [Parameter(Position = 1)]
    public string[] Name { get; set; } = [];

    private protected override void ProcessPath(string path) =>
        WriteObject(InvokeProvider.Property.Get([path], [.. Name], IsLiteral), enumerateCollection: true);
}
