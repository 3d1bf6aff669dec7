using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsCommon.Move, "Item", SupportsShouldProcess = true, DefaultParameterSetName = "Path")]
public sealed class MoveItemCommand : ItemPathCommand
{
    [Parameter(Position = 1)]
    public string Destination { get; set; } = ".";

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private protected override void ProcessPath(string path)
    {
        if (!ShouldProcess($"Item: {path} Destination: {Destination}", "Move item"))
        {
            return;
        }

        var moved = InvokeProvider.Item.Move([path], Destination, Force, IsLiteral);
        if (PassThru)
        {
            WriteObject(moved, enumerateCollection: true);
        }
    }
}
