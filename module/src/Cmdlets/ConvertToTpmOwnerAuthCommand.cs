using System.Management.Automation;

namespace TpmTbs.Cmdlets;

/// <summary>Converts a passphrase into an owner authorization.</summary>
/// <remarks>
/// Returns the base64 text of the SHA-1 of the passphrase in UTF-16LE, as Windows computes it. Sends nothing to the
/// broker.
/// </remarks>
/// <example>
/// <code>ConvertTo-TpmOwnerAuth (Read-Host 'Owner password' -AsSecureString)</code>
/// <para>Converts a passphrase that is not displayed.</para>
/// </example>
/// <example>
/// <code>'1Sample' | ConvertTo-TpmOwnerAuth</code>
/// <para>Converts text.</para>
/// </example>
/// <seealso>Set-TpmOwnerAuth</seealso>
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
