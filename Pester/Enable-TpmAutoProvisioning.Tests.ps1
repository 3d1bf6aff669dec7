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

Describe 'Enable-TpmAutoProvisioning' {
    It 'turns it on, and the next start of the broker provisions' {
        Enable-TpmAutoProvisioning -WhatIf | Should -BeNullOrEmpty
        (Get-Tpm).AutoProvisioning | Should -Be 'NotDefined'
        (Enable-TpmAutoProvisioning).AutoProvisioning | Should -Be 'Enabled'
        (Get-Tpm).AutoProvisioning | Should -Be 'Enabled'
    }
}
