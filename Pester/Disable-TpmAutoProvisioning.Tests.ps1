BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
    # A private broker, because the tests change the ownership of its TPM.
    $broker = Connect-PrivateBroker
}

AfterAll {
    Disconnect-PrivateBroker $broker
}

Describe 'Disable-TpmAutoProvisioning' {
    It 'turns it off, permanently or for the next start' {
        Disable-TpmAutoProvisioning -WhatIf | Should -BeNullOrEmpty
        (Disable-TpmAutoProvisioning).AutoProvisioning | Should -Be 'Disabled'
        (Disable-TpmAutoProvisioning -OnlyForNextRestart).AutoProvisioning | Should -Be 'DisabledForNextBoot'
        (Get-Tpm).AutoProvisioning | Should -Be 'DisabledForNextBoot'
    }
}
