using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsCommon.Get, "Credential")]
[OutputType(typeof(PSCredential))]
public sealed class GetCredentialCommand : PSCmdlet
{
    [Parameter(Position = 0)]
    [AllowNull]
    public object? Credential { get; set; }

    [Parameter]
    public string UserName { get; set; } = "";

    [Parameter]
    public string Message { get; set; } = "Enter your credentials.";

    [Parameter]
    public string Title { get; set; } = "PowerShell credential request";

    protected override void BeginProcessing()
    {
        var given = Credential is PSObject wrapped ? wrapped.BaseObject : Credential;
        WriteObject(given as PSCredential ?? Host.UI.PromptForCredential(Title, Message, given as string ?? UserName, ""));
    }
}
