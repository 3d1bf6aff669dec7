BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
    Import-TpmTbsModule
    # Of its own, since the ownership of its TPM changes.
    $before = $env:TPMTBS_SOCKET
    $broker = Start-PrivateBroker
    $env:TPMTBS_SOCKET = $broker.Socket
    function Get-Problem([scriptblock]$Action) { try { & $Action; $null } catch { $_ } }
}

AfterAll {
    Stop-PrivateBroker $broker
    $env:TPMTBS_SOCKET = $before
}

Describe 'Get-TpmEndorsementKeyInfo' {
    It 'shows the key once there is one, with its hash' {
        (Get-TpmEndorsementKeyInfo).IsPresent | Should -Be $false
        Initialize-Tpm | Out-Null
        $info = Get-TpmEndorsementKeyInfo -HashAlgorithm Sha256
        $info.IsPresent | Should -BeTrue
        $sha = [System.Security.Cryptography.SHA256]::Create()
        [BitConverter]::ToString($sha.ComputeHash($info.PublicKey.RawData)).Replace('-', '').ToLowerInvariant() | Should -Be $info.PublicKeyHash
        @($info.ManufacturerCertificates).Count | Should -Be 0
    }
}
