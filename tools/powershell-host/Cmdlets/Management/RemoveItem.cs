using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsCommon.Remove, "Item", SupportsShouldProcess = true, DefaultParameterSetName = "Path")]
public sealed class RemoveItemCommand : ItemPathCommand
{
    [Parameter]
    public SwitchParameter Recurse { get; set; }

    private protected override void ProcessPath(string path)
    {
        var targets = IsLiteral ? [path] : SessionState.Path.GetResolvedPSPathFromPSPath(path).Select(found => found.Path).ToArray();
        foreach (var target in targets.Where(target => ShouldProcess(target, "Remove item")))
        {
            InvokeProvider.Item.Remove([target], Recurse, Force, literalPath: true);
        }
    }
}
