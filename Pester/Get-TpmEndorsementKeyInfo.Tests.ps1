BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
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
        @($info.ManufacturerCertificates).Count | Should -Be 0
        (Get-TpmEndorsementKeyInfo).PublicKeyHash | Should -BeNullOrEmpty -Because 'no algorithm was named'
    }

    It 'shows a key on a curve, and the manufacturer''s certificate' {
        $ecc = Connect-PrivateBroker @{ provisioning = @{ keyAlgorithm = 'eccP256' } }
        try {
            $key = [System.Security.Cryptography.RSA]::Create(2048)
            $request = [System.Security.Cryptography.X509Certificates.CertificateRequest]::new('CN=TPM EK', $key, 'SHA256', [System.Security.Cryptography.RSASignaturePadding]::Pkcs1)
            $certificate = $request.CreateSelfSigned([DateTimeOffset]::UtcNow, [DateTimeOffset]::UtcNow.AddYears(1)).RawData
            $size = $certificate.Length
            # TPM2_NV_DefineSpace of 0x01C0000A (no_da, authread, ownerread, ownerwrite, ppread), TPM2_NV_Write in two parts.
            $hex = { param($number, $digits) $number.ToString("X$digits") }
            $session = '00000009 40000009 0000 01 0000'
            Grant-TbsCommand TPM2_NV_DefineSpace, TPM2_NV_Write -Class Administrator -Confirm:$false -ErrorAction SilentlyContinue | Out-Null
            (Submit-TbsCommand "8002 0000002D 0000012A 40000001 $session 0000 000E 01C0000A 000B 02070002 0000 $(& $hex $size 4)").ResponseCode | Should -Be 0
            for ($at = 0; $at -lt $size; $at += 512) {
                $part = [byte[]]$certificate[$at..([Math]::Min($at + 512, $size) - 1)]
                $text = [BitConverter]::ToString($part).Replace('-', '')
                (Submit-TbsCommand "8002 $(& $hex (35 + $part.Length) 8) 00000137 40000001 01C0000A $session $(& $hex $part.Length 4) $text $(& $hex $at 4)").ResponseCode | Should -Be 0
            }
            Initialize-Tpm | Out-Null
            $info = 'Sha256' | Get-TpmEndorsementKeyInfo
            $info.PublicKey.Oid.Value | Should -Be '1.2.840.10045.2.1'
            $info.PublicKeyHash.Length | Should -Be 64
            $info.ManufacturerCertificates[0].Subject | Should -Be 'CN=TPM EK'
        }
        finally {
            Disconnect-PrivateBroker $ecc
        }
    }
}
