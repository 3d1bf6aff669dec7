using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

[Cmdlet("Tee", "Object", DefaultParameterSetName = "Variable")]
public sealed class TeeObjectCommand : PSCmdlet
{
    private readonly List<object> seen = [];

    [Parameter(ValueFromPipeline = true)]
    public PSObject? InputObject { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = "Variable")]
    public string Variable { get; set; } = "";

    [Parameter(Position = 0, Mandatory = true, ParameterSetName = "File")]
    [Alias("Path")]
    public string FilePath { get; set; } = "";

    [Parameter(ParameterSetName = "File")]
    public SwitchParameter Append { get; set; }

    protected override void ProcessRecord()
    {
        if (InputObject is not null)
        {
            seen.Add(InputObject);
            WriteObject(InputObject);
        }
    }

    protected override void EndProcessing()
    {
        if (ParameterSetName == "Variable")
        {
            SessionState.PSVariable.Set(Variable, seen.Count == 1 ? seen[0] : seen.ToArray());
            return;
        }

        var script = Append ? "param($path) $input | Out-File -LiteralPath $path -Append" : "param($path) $input | Out-File -LiteralPath $path";
        InvokeCommand.InvokeScript(useLocalScope: true, InvokeCommand.NewScriptBlock(script), seen, FilePath);
    }
}
