using System.Management.Automation;

namespace TpmTbs.Cmdlets;

/// <summary>Converts a passphrase into an owner authorization.</summary>
[Cmdlet(VerbsData.ConvertTo, "TpmOwnerAuth")]
[OutputType(typeof(string))]
public sealed class ConvertToTpmOwnerAuthCommand : TbsCmdlet
{
    /// <summary>The passphrase: text, or a SecureString, which does not appear in the history.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [AllowEmptyString]
    public object PassPhrase { get; set; } = null!;

    /// <inheritdoc/>
    protected override void Process() => WriteObject(OwnerAuthInput.FromPassPhrase(OwnerAuthInput.TextOf(PassPhrase)));
}
