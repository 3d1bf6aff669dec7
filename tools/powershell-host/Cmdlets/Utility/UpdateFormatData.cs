using System.Management.Automation;
using System.Management.Automation.Runspaces;
using TpmTbs.PowerShellHost.Host;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsData.Update, "FormatData", SupportsShouldProcess = true)]
public sealed class UpdateFormatDataCommand : PSCmdlet
{
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "Path")]
    public string[] AppendPath { get; set; } = [];

    [Parameter]
    public string[] PrependPath { get; set; } = [];

    protected override void ProcessRecord()
    {
        var first = Entries(PrependPath);
        var last = Entries(AppendPath);
        try
        {
            EngineFormatData.Update(Runspace.DefaultRunspace, first, last);
        }
        catch (RuntimeException error)
        {
            WriteError(new ErrorRecord(error, "FormatXmlUpdateException", ErrorCategory.InvalidData, null));
        }
    }

    private List<SessionStateFormatEntry> Entries(string[] paths) =>
    [
        .. paths
            .SelectMany(path => GetResolvedProviderPathFromPSPath(path, out _))
            .Where(file => ShouldProcess($"FileName: {file}", "Update FormatData"))
            .Select(file => new SessionStateFormatEntry(file)),
    ];
}
