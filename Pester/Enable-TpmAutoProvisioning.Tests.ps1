BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
    # A private broker, because the tests change the ownership of its TPM.
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
