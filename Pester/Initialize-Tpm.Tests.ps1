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

Describe 'Initialize-Tpm' {
    It 'changes nothing with -WhatIf' {
        Initialize-Tpm -WhatIf | Should -BeNullOrEmpty
        (Get-Tpm).TpmOwned | Should -Be $false
    }

    It 'provisions the TPM, and again without harm' {
        $first = Initialize-Tpm
        $first.TpmReady | Should -BeTrue
        $first.Information | Should -Be 0
        $value = Get-TpmOwnerAuth
        (Initialize-Tpm).TpmReady | Should -BeTrue
        Get-TpmOwnerAuth | Should -Be $value
    }
}
