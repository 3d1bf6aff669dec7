BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
    . "$PSScriptRoot/Support/ManufacturerCertificate.ps1"
    # A private broker, because the tests change the ownership of its TPM.
    $broker = Connect-PrivateBroker
}

AfterAll {
    Disconnect-PrivateBroker $broker
}

Describe 'Get-TpmEndorsementKeyInfo' {
    It 'shows the key once there is one, with its hash' {
        (Get-TpmEndorsementKeyInfo).IsPresent | Should -Be $false
        Initialize-Tpm | Out-Null
        $info = Get-TpmEndorsementKeyInfo -HashAlgorithm Sha256
        $info.IsPresent | Should -BeTrue
        $sha = [System.Security.Cryptography.SHA256]::Create()
        [BitConverter]::ToString($sha.ComputeHash($info.PublicKey.RawData)).Replace('-', '').ToLowerInvariant() | Should -Be $info.PublicKeyHash
        $info.PublicKey.Oid.Value | Should -Be '1.2.840.113549.1.1.1'
        $info.PublicKey -is [System.Security.Cryptography.AsnEncodedData] | Should -BeTrue
        "$($info.PublicKey)" | Should -Be 'RSA 2048'
        @($info.ManufacturerCertificates).Count | Should -Be 0
        (Get-TpmEndorsementKeyInfo).PublicKeyHash | Should -BeNullOrEmpty -Because 'no algorithm was named'
    }

    It 'shows a key on a curve, and the manufacturer''s certificate' {
        $ecc = Connect-PrivateBroker @{ provisioning = @{ keyAlgorithm = 'eccP256' } }
        try {
            Write-ManufacturerCertificate eccP256
            Initialize-Tpm | Out-Null
            $info = 'Sha256' | Get-TpmEndorsementKeyInfo
            $info.PublicKey.Oid.Value | Should -Be '1.2.840.10045.2.1'
            $info.PublicKeyHash.Length | Should -Be 64
            $info.ManufacturerCertificates[0].Subject | Should -Be 'CN=TPM EK'
            $info.ManufacturerCertificates -is [System.Security.Cryptography.X509Certificates.X509Certificate2Collection] | Should -BeTrue
            $text = $info | Out-String -Width 200
            $text | Should -Match '(?m)^PublicKey +: ECC 256\s*$'
            $text | Should -Match '(?m)^ManufacturerCertificates : CN=TPM EK, valid until \d{4}-\d\d-\d\d, thumbprint [0-9A-F]{40}\s*$'
        }
        finally {
            Disconnect-PrivateBroker $ecc
        }
    }
}
