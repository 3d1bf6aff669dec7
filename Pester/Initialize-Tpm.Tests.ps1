BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
    . "$PSScriptRoot/Support/Firmware.ps1"
    # A private broker, because the tests change the ownership of its TPM.
    $broker = Connect-PrivateBroker
}

AfterAll {
    Disconnect-PrivateBroker $broker
}

Describe 'Initialize-Tpm' {
    It 'changes nothing with -WhatIf' {
        Initialize-Tpm -WhatIf | Should -BeNullOrEmpty
        (Get-Tpm).TpmOwned | Should -Be $false
    }

    It 'provisions the TPM, and can be repeated' {
        $first = Initialize-Tpm
        $first.TpmReady | Should -BeTrue
        $first.Information | Should -Be 0
        $value = Get-TpmOwnerAuth
        (Initialize-Tpm).TpmReady | Should -BeTrue
        Get-TpmOwnerAuth | Should -Be $value
    }

    It 'lets the firmware clear somebody else''s TPM only if both are allowed' {
        $ppi = New-PhysicalPresenceFolder
        $other = Connect-PrivateBroker @{ platform = @{ physicalPresenceFolder = $ppi } }
        try {
            # TPM2_HierarchyChangeAuth of the lockout authorization, behind the broker's back.
            (Submit-TbsCommand '8002 00000020 00000129 4000000A 00000009 40000009 0000 01 0000 0003 616263').ResponseCode | Should -Be 0
            $state = Initialize-Tpm
            $state.ClearRequired | Should -BeTrue
            $state.RestartRequired | Should -Be $false
            (Initialize-Tpm -AllowClear).RestartRequired | Should -Be $false
            (Initialize-Tpm -AllowPhysicalPresence).RestartRequired | Should -Be $false
            Initialize-Tpm -AllowClear -AllowPhysicalPresence -WhatIf | Should -BeNullOrEmpty
            (Get-Tpm).RestartPending | Should -Be $false
            $state = Initialize-Tpm -c -p
            foreach ($name in 'RestartRequired', 'ClearRequired', 'PhysicalPresenceRequired') { $state.$name | Should -BeTrue }
            foreach ($name in 'TpmReady', 'ShutdownRequired') { $state.$name | Should -Be $false }
            (Get-Tpm).RestartPending | Should -BeTrue
            [IO.File]::ReadAllText("$ppi/request").Trim() | Should -Be '22'
        }
        finally {
            Disconnect-PrivateBroker $other
            Remove-FirmwareFolder $ppi
        }
    }
}
