BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
    # Of its own, since the ownership of its TPM changes.
    $broker = Connect-PrivateBroker
}

AfterAll {
    Disconnect-PrivateBroker $broker
}

Describe 'Enable-TpmAutoProvisioning' {
    It 'turns it on, and the broker provisions at its next start' {
        Enable-TpmAutoProvisioning -WhatIf | Should -BeNullOrEmpty
        (Get-Tpm).AutoProvisioning | Should -Be 'NotDefined'
        (Enable-TpmAutoProvisioning).AutoProvisioning | Should -Be 'Enabled'
        (Get-Tpm).AutoProvisioning | Should -Be 'Enabled'
    }
}
