BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
    # Of its own, since the ownership of its TPM changes.
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
