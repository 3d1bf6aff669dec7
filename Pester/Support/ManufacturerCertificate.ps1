# A manufacturer's certificate, written into the NV index where the TPM of a real machine has one. Write it before
# Initialize-Tpm, while the owner authorization is empty.

function Write-ManufacturerCertificate([string]$KeyAlgorithm = 'rsa2048') {
    $index = @{ rsa2048 = '01C00002'; eccP256 = '01C0000A' }[$KeyAlgorithm]
    $key = [System.Security.Cryptography.RSA]::Create(2048)
    $request = [System.Security.Cryptography.X509Certificates.CertificateRequest]::new('CN=TPM EK', $key, 'SHA256', [System.Security.Cryptography.RSASignaturePadding]::Pkcs1)
    $certificate = $request.CreateSelfSigned([DateTimeOffset]::UtcNow, [DateTimeOffset]::UtcNow.AddYears(1)).RawData
    $size = $certificate.Length
    # TPM2_NV_DefineSpace (no_da, authread, ownerread, ownerwrite, ppread), TPM2_NV_Write in two parts.
    $hex = { param($number, $digits) $number.ToString("X$digits") }
    $session = '00000009 40000009 0000 01 0000'
    Grant-TbsCommand TPM2_NV_DefineSpace, TPM2_NV_Write -Class Administrator -Confirm:$false -ErrorAction SilentlyContinue | Out-Null
    (Submit-TbsCommand "8002 0000002D 0000012A 40000001 $session 0000 000E $index 000B 02070002 0000 $(& $hex $size 4)").ResponseCode | Should -Be 0
    for ($at = 0; $at -lt $size; $at += 512) {
        $part = [byte[]]$certificate[$at..([Math]::Min($at + 512, $size) - 1)]
        $text = [BitConverter]::ToString($part).Replace('-', '')
        (Submit-TbsCommand "8002 $(& $hex (35 + $part.Length) 8) 00000137 40000001 $index $session $(& $hex $part.Length 4) $text $(& $hex $at 4)").ResponseCode | Should -Be 0
    }
}
