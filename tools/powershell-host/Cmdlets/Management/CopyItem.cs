using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsCommon.Copy, "Item", SupportsShouldProcess = true, DefaultParameterSetName = "Path")]
public sealed class CopyItemCommand : ItemPathCommand
{
    [Parameter(Position = 1)]
    public string Destination { get; set; } = ".";

    [Parameter]
    public SwitchParameter Recurse { get; set; }

    [Parameter]
    public SwitchParameter Container { get; set; } = true;

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private protected override void ProcessPath(string path)
    {
        if (!ShouldProcess($"Item: {path} Destination: {Destination}", "Copy item"))
        {
            return;
        }

        var how = Container ? CopyContainers.CopyTargetContainer : CopyContainers.CopyChildrenOfTargetContainer;
        var copies = InvokeProvider.Item.Copy([path], Destination, Recurse, how, Force, IsLiteral);
        if (PassThru)
        {
            WriteObject(copies, enumerateCollection: true);
        }
    }
}
