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

Describe 'Get-TpmProvisioningState' {
    It 'names what is missing and gives the bits' {
        $state = Get-TpmProvisioningState
        $state.TpmReady | Should -Be $false
        $state.Needs | Should -Contain 'TPM_CREATE_EK'
        ($state.Information -band 0x80) | Should -Be 0x80
        Initialize-Tpm | Out-Null
        (Get-TpmProvisioningState).Information | Should -Be 0
    }
}
