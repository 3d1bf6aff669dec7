using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

[Cmdlet("Invoke", "Expression")]
public sealed class InvokeExpressionCommand : PSCmdlet
{
    [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true)]
    public string Command { get; set; } = "";

    protected override void ProcessRecord()
    {
        foreach (var item in InvokeCommand.InvokeScript(useLocalScope: false, InvokeCommand.NewScriptBlock(Command), null, null))
        {
            WriteObject(item);
        }
    }
}
