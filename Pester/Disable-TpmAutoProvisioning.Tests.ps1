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

Describe 'Disable-TpmAutoProvisioning' {
    It 'turns it off, for good or for the next start' {
        Disable-TpmAutoProvisioning -WhatIf | Should -BeNullOrEmpty
        (Disable-TpmAutoProvisioning).AutoProvisioning | Should -Be 'Disabled'
        (Disable-TpmAutoProvisioning -OnlyForNextRestart).AutoProvisioning | Should -Be 'DisabledForNextBoot'
        (Get-Tpm).AutoProvisioning | Should -Be 'DisabledForNextBoot'
    }
}
