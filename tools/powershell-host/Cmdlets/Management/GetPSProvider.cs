using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsCommon.Get, "PSProvider")]
[OutputType(typeof(ProviderInfo))]
public sealed class GetPSProviderCommand : PSCmdlet
{
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    public string[] PSProvider { get; set; } = ["*"];

    protected override void ProcessRecord()
    {
        foreach (var name in PSProvider)
        {
            WriteObject(
                SessionState.Provider.GetAll().Where(provider => new WildcardPattern(name, WildcardOptions.IgnoreCase).IsMatch(provider.Name)),
                enumerateCollection: true);
        }
    }
}
