function Get-TpmEndorsementKeyInfo {
    <#
    .SYNOPSIS
        Shows the endorsement key of the TPM.
    .DESCRIPTION
        Shows the public endorsement key (SubjectPublicKeyInfo, DER), its hash, and the certificates that the
        manufacturer put into the TPM, where there are any. The key of an owned TPM 1.2 is shown to administrators, and
        where the owner authorization is kept.
    .PARAMETER HashAlgorithm
        The algorithm of PublicKeyHash: Sha256.
    .EXAMPLE
        Get-TpmEndorsementKeyInfo

        Shows it.
    .EXAMPLE
        (Get-TpmEndorsementKeyInfo -HashAlgorithm Sha256).PublicKeyHash

        Gives the hash of the key, to compare with an inventory.
    .INPUTS
        None
    .OUTPUTS
        TpmTbs.EndorsementKeyInfo
    .LINK
        Initialize-Tpm
    #>
    [CmdletBinding()]
    [OutputType('TpmTbs.EndorsementKeyInfo')]
    param(
        [Parameter(Position = 0)]
        [ValidateSet('Sha256')]
        [string]$HashAlgorithm = 'Sha256'
    )
    $info = Invoke-TbsRpc $PSCmdlet 'tpm/endorsementKey'
    $certificates = {
        param($Texts)
        , [System.Security.Cryptography.X509Certificates.X509Certificate2[]]@(foreach ($text in $Texts) { [System.Security.Cryptography.X509Certificates.X509Certificate2]::new([System.Convert]::FromBase64String($text)) })
    }
    $publicKey = $null
    if ($info.PublicKey) {
        # AsnEncodedData, as Windows gives it.
        $publicKey = [System.Security.Cryptography.AsnEncodedData]::new([System.Security.Cryptography.Oid]::new('1.2.840.113549.1.1.1'), [System.Convert]::FromBase64String($info.PublicKey))
    }
    # Windows leaves the hash empty unless it was asked for.
    $hash = $null
    if ($HashAlgorithm) { $hash = $info.PublicKeyHash }
    [pscustomobject]@{
        PSTypeName               = 'TpmTbs.EndorsementKeyInfo'
        IsPresent                = $info.IsPresent
        PublicKey                = $publicKey
        PublicKeyHash            = $hash
        ManufacturerCertificates = & $certificates $info.ManufacturerCertificates
        AdditionalCertificates   = & $certificates $info.AdditionalCertificates
    }
}
