BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
    # A private broker, because the tests change the ownership of its TPM.
    $broker = Connect-PrivateBroker
}

AfterAll {
    Disconnect-PrivateBroker $broker
}

Describe 'Get-TpmProvisioningState' {
    It 'names the missing steps and returns the bits' {
        $state = Get-TpmProvisioningState
        $state.TpmReady | Should -Be $false
        $state.Needs | Should -Contain 'TPM_CREATE_EK'
        $state.Needs | Should -BeOfType [TpmTbs.ProvisioningNeed]
        "$state" | Should -Match '\bTPM_CREATE_EK\b'
        ($state.Information -band 0x80) | Should -Be 0x80
        Initialize-Tpm | Out-Null
        (Get-TpmProvisioningState).Information | Should -Be 0
    }
}
