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

Describe 'Get-Tpm' {
    It 'has the properties of Windows and the state of a new TPM' {
        $tpm = Get-Tpm
        foreach ($name in 'TpmPresent', 'TpmReady', 'TpmEnabled', 'TpmActivated', 'TpmOwned', 'RestartPending', 'ManufacturerId', 'ManufacturerIdTxt',
            'ManufacturerVersion', 'ManufacturerVersionFull20', 'ManagedAuthLevel', 'OwnerAuth', 'OwnerClearDisabled', 'AutoProvisioning', 'LockedOut',
            'LockoutHealTime', 'LockoutCount', 'LockoutMax', 'SelfTest') {
            $tpm.PSObject.Properties.Name | Should -Contain $name
        }
        $tpm.TpmPresent | Should -BeTrue
        $tpm.TpmOwned | Should -Be $false
    }

    It 'shows a provisioned TPM, and the owner authorization not by default' {
        Initialize-Tpm | Out-Null
        $tpm = Get-Tpm
        $tpm.TpmReady | Should -BeTrue
        $tpm.TpmOwned | Should -BeTrue
        $tpm.LockoutMax | Should -Be 32
        $tpm.LockoutHealTime | Should -Be '10 minutes'
        $tpm.OwnerAuth | Should -Be (Get-TpmOwnerAuth)
        ($tpm | Out-String).Contains($tpm.OwnerAuth) | Should -Be $false
    }

    It 'leaves its name, and those of its siblings, to Windows where Windows has the module' {
        $hidden = & (Get-Module TpmTbs) { Get-TpmHiddenCommand $args[0] } $TestDrive
        $hidden | Should -BeNullOrEmpty
        [void][IO.Directory]::CreateDirectory("$TestDrive/TrustedPlatformModule")
        $hidden = & (Get-Module TpmTbs) { Get-TpmHiddenCommand $args[0] } $TestDrive
        $hidden | Should -Contain 'Get-Tpm'
        $hidden | Should -Not -Contain 'Get-TpmAuthLevel'
    }
}
