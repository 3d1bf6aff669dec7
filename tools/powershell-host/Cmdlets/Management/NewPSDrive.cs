using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsCommon.New, "PSDrive", SupportsShouldProcess = true)]
public sealed class NewPSDriveCommand : PSCmdlet
{
    [Parameter(Position = 0, Mandatory = true, ValueFromPipelineByPropertyName = true)]
    public string Name { get; set; } = "";

    [Parameter(Position = 1, Mandatory = true, ValueFromPipelineByPropertyName = true)]
    public string PSProvider { get; set; } = "";

    [Parameter(Position = 2, Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [AllowEmptyString]
    public string Root { get; set; } = "";

    [Parameter(ValueFromPipelineByPropertyName = true)]
    public string Description { get; set; } = "";

    [Parameter(ValueFromPipelineByPropertyName = true)]
    public string? Scope { get; set; }

    protected override void ProcessRecord()
    {
        if (!ShouldProcess($"Name: {Name} Provider: {PSProvider} Root: {Root}", "New drive"))
        {
            return;
        }

        try
        {
            var provider = SessionState.Provider.GetOne(PSProvider);
            var root = provider.Name == "FileSystem" ? GetUnresolvedProviderPathFromPSPath(Root) : Root;
            WriteObject(SessionState.Drive.New(new PSDriveInfo(Name, provider, root, Description, PSCredential.Empty), Scope));
        }
        catch (RuntimeException error) when (error is not (PipelineStoppedException or ActionPreferenceStopException))
        {
            WriteError(new ErrorRecord(error.ErrorRecord, error));
        }
    }
}
