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

    It 'leaves its name, and those of its siblings, to the module of Windows there' {
        $before = $env:OS
        $env:OS = 'Windows_NT'
        try {
            $session = [powershell]::Create().AddScript("(Import-Module '$RepositoryRoot/TpmTbs.psd1' -PassThru).ExportedCommands.Keys")
            $names = @($session.Invoke())
            $session.Dispose()
        }
        finally { $env:OS = $before }
        foreach ($name in 'Get-Tpm', 'Clear-Tpm', 'ConvertTo-TpmOwnerAuth') { $names | Should -Not -Contain $name }
        foreach ($name in 'Get-TpmAuthLevel', 'Get-TbsStatus') { $names | Should -Contain $name }
        (Get-Module TpmTbs).ExportedCommands.Keys | Should -Contain 'Get-Tpm'
    }
}
