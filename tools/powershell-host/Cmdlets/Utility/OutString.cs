using System.Management.Automation;
using Microsoft.PowerShell.Commands.Internal.Format;
using System.Text;
using TpmTbs.PowerShellHost.Host;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsData.Out, "String", DefaultParameterSetName = "NoNewLineFormatting")]
[OutputType(typeof(string))]
public sealed class OutStringCommand : FrontEndCommandBase
{
    private readonly StringBuilder text = new();
    private LineSplitter? lines;

    public OutStringCommand() => EngineFormatter.UseOutput(this);

    [Parameter(ParameterSetName = "StreamFormatting")]
    public SwitchParameter Stream { get; set; }

    [Parameter]
    [ValidateRange(2, int.MaxValue)]
    public int Width { get; set; } = int.MaxValue;

    [Parameter(ParameterSetName = "NoNewLineFormatting")]
    public SwitchParameter NoNewline { get; set; }

    protected override void BeginProcessing()
    {
        lines = new LineSplitter(TakeLine);
        EngineFormatter.WriteTo(this, lines, Width);
        base.BeginProcessing();
    }

    protected override void ProcessRecord()
    {
        base.ProcessRecord();
        lines!.Flush();
    }

    protected override void EndProcessing()
    {
        base.EndProcessing();
        lines!.Finish();
        if (!Stream)
        {
            WriteObject(text.ToString());
        }
    }

    private void TakeLine(string line)
    {
        if (Stream)
        {
            WriteObject(line);
        }
        else if (NoNewline)
        {
            text.Append(line);
        }
        else
        {
            text.AppendLine(line);
        }
    }
}
