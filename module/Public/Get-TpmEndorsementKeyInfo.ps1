function Get-TpmEndorsementKeyInfo {
    <#
    .SYNOPSIS
        Shows the endorsement key of the TPM.
    .DESCRIPTION
        Shows the public endorsement key (SubjectPublicKeyInfo, DER), its hash, and the certificates that the
        manufacturer put into the TPM, where there are any. The key of an owned TPM 1.2 is shown to administrators,
        where the owner authorization or the endorsement delegation is kept; its certificate, where the first is.
    .PARAMETER HashAlgorithm
        The algorithm of PublicKeyHash, which is empty unless this is given: Sha256.
    .EXAMPLE
        Get-TpmEndorsementKeyInfo

        Shows it.
    .EXAMPLE
        (Get-TpmEndorsementKeyInfo -HashAlgorithm Sha256).PublicKeyHash

        Gives the hash of the key, to compare with an inventory.
    .INPUTS
        System.String
    .OUTPUTS
        TpmTbs.EndorsementKeyInfo
    .LINK
        Initialize-Tpm
    #>
    [CmdletBinding()]
    [OutputType('TpmTbs.EndorsementKeyInfo')]
    param(
        [Parameter(Position = 0, ValueFromPipeline)]
        [ValidateSet('Sha256')]
        [string]$HashAlgorithm
    )
    process {
        $info = Invoke-TbsRpc $PSCmdlet 'tpm/endorsementKey'
        $certificates = {
            param($Texts)
            $all = [System.Security.Cryptography.X509Certificates.X509Certificate2Collection]::new()
            foreach ($text in $Texts) { [void]$all.Add([System.Security.Cryptography.X509Certificates.X509Certificate2]::new([System.Convert]::FromBase64String($text))) }
            , $all
        }
        $publicKey = $null
        if ($info.PublicKey) {
            # AsnEncodedData, as Windows gives it: rsaEncryption or id-ecPublicKey.
            $oid = @{ rsa = '1.2.840.113549.1.1.1'; ecc = '1.2.840.10045.2.1' }[$info.Algorithm]
            $publicKey = [System.Security.Cryptography.AsnEncodedData]::new([System.Security.Cryptography.Oid]::new($oid), [System.Convert]::FromBase64String($info.PublicKey))
        }
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
}
