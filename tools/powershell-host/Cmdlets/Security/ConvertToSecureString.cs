using System.Management.Automation;
using System.Net;
using System.Security;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsData.ConvertTo, "SecureString")]
[OutputType(typeof(SecureString))]
public sealed class ConvertToSecureStringCommand : PSCmdlet
{
    [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true)]
    public string String { get; set; } = "";

    [Parameter]
    public SwitchParameter AsPlainText { get; set; }

    /// <summary>Accepted and without effect, as in pwsh 7.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    protected override void ProcessRecord()
    {
        if (!AsPlainText)
        {
            ThrowTerminatingError(new ErrorRecord(
                new PSNotSupportedException("This host turns plain text into secure strings only: use -AsPlainText."),
                "EncryptedStringNotSupported",
                ErrorCategory.NotImplemented,
                null));
        }

        var secret = new NetworkCredential("", String).SecurePassword;
        secret.MakeReadOnly();
        WriteObject(secret);
    }
}
