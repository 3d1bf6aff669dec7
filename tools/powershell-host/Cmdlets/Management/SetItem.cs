using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsCommon.Set, "Item", SupportsShouldProcess = true, DefaultParameterSetName = "Path")]
public sealed class SetItemCommand : ItemPathCommand
{
    [Parameter(Position = 1, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    public object? Value { get; set; }

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private protected override void ProcessPath(string path)
    {
        if (!ShouldProcess($"Item: {path} Value: {Value}", "Set item"))
        {
            return;
        }

        var changed = InvokeProvider.Item.Set([path], Value, Force, IsLiteral);
        if (PassThru)
        {
            WriteObject(changed, enumerateCollection: true);
        }
    }
}
