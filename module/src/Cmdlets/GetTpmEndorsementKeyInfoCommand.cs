using System.Management.Automation;

namespace TpmTbs.Cmdlets;

/// <summary>Shows the endorsement key of the TPM.</summary>
/// <remarks>
/// Shows the public endorsement key (SubjectPublicKeyInfo, DER), its hash, and the manufacturer's certificates in the
/// TPM, if there are any. For an owned TPM 1.2, administrators see the key if the owner authorization or the
/// endorsement delegation is stored, and its certificate if the owner authorization is stored. For JSON, select the
/// properties of the certificates that you need, as the last example does: a whole certificate is too deep for
/// ConvertTo-Json -Depth 5.
/// </remarks>
/// <example>
/// <code>Get-TpmEndorsementKeyInfo</code>
/// <para>Shows the endorsement key.</para>
/// </example>
/// <example>
/// <code>(Get-TpmEndorsementKeyInfo -HashAlgorithm Sha256).PublicKeyHash</code>
/// <para>Returns the hash of the key, to compare with an inventory.</para>
/// </example>
/// <example>
/// <code>(Get-TpmEndorsementKeyInfo).ManufacturerCertificates | Select-Object Subject, Issuer, NotAfter, Thumbprint | ConvertTo-Json</code>
/// <para>Returns the certificates as JSON.</para>
/// </example>
/// <seealso>Initialize-Tpm</seealso>
[Cmdlet(VerbsCommon.Get, "TpmEndorsementKeyInfo")]
[OutputType(typeof(EndorsementKeyInfo))]
public sealed class GetTpmEndorsementKeyInfoCommand : TbsCmdlet
{
    /// <summary>The algorithm of PublicKeyHash: Sha256. Without it, PublicKeyHash is empty.</summary>
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
