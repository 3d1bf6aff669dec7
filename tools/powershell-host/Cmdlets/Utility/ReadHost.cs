using System.Management.Automation;
using System.Security;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsCommunications.Read, "Host", DefaultParameterSetName = "AsString")]
[OutputType(typeof(string), typeof(SecureString))]
public sealed class ReadHostCommand : PSCmdlet
{
    [Parameter(Position = 0, ValueFromRemainingArguments = true)]
    [AllowNull]
    public object? Prompt { get; set; }

    [Parameter(ParameterSetName = "AsSecureString")]
    public SwitchParameter AsSecureString { get; set; }

    [Parameter(ParameterSetName = "AsString")]
    public SwitchParameter MaskInput { get; set; }

    protected override void BeginProcessing()
    {
        if (Prompt is not null)
        {
            var words = LanguagePrimitives.GetEnumerable(Prompt)?.Cast<object?>() ?? [Prompt];
            Host.UI.Write($"{string.Join(' ', words)}: ");
        }

        if (AsSecureString)
        {
            WriteObject(Host.UI.ReadLineAsSecureString());
        }
        else if (MaskInput)
        {
            using var secret = Host.UI.ReadLineAsSecureString();
            WriteObject(new System.Net.NetworkCredential("", secret).Password);
        }
        else
        {
            WriteObject(Host.UI.ReadLine());
        }
    }
}
