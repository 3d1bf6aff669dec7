using System.Management.Automation;

namespace TpmTbs.Cmdlets;

/// <summary>Shows the endorsement key of the TPM.</summary>
/// <remarks>
/// Shows the public endorsement key (SubjectPublicKeyInfo, DER), its hash, and the certificates that the manufacturer put into
/// the TPM, where there are any. The key of an owned TPM 1.2 is shown to administrators, where the owner authorization or the
/// endorsement delegation is stored; its certificate, where the owner authorization is.
/// </remarks>
/// <example>
/// <code>Get-TpmEndorsementKeyInfo</code>
/// <para>Shows it.</para>
/// </example>
/// <example>
/// <code>(Get-TpmEndorsementKeyInfo -HashAlgorithm Sha256).PublicKeyHash</code>
/// <para>Gives the hash of the key, to compare with an inventory.</para>
/// </example>
/// <seealso>Initialize-Tpm</seealso>
[Cmdlet(VerbsCommon.Get, "TpmEndorsementKeyInfo")]
[OutputType(typeof(EndorsementKeyInfo))]
public sealed class GetTpmEndorsementKeyInfoCommand : TbsCmdlet
{
    /// <summary>The algorithm of PublicKeyHash, which is empty unless this is given: Sha256.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [ValidateSet("Sha256")]
    public string? HashAlgorithm { get; set; }

    /// <inheritdoc/>
    protected override void Process()
    {
        bool withHash = !string.IsNullOrEmpty(HashAlgorithm);
        WriteObject(Call("tpm/endorsementKey", json => EndorsementKeyInfo.Read(json, withHash)));
    }
}
