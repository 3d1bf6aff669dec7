BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
    $broker = Connect-SharedBroker
}

Describe 'Set-TpmAuthLevel' {
    It 'sets the local level, by name or number' {
        (Set-TpmAuthLevel None).LevelName | Should -Be 'None'
        (Get-TpmAuthLevel).Level | Should -Be 0
        (Set-TpmAuthLevel none).LevelName | Should -Be 'None'
        (Set-TpmAuthLevel -Level 4).LevelName | Should -Be 'Full'
        (Get-TpmAuthLevel | Set-TpmAuthLevel).LevelName | Should -Be 'Full'
    }

    It 'changes nothing with -WhatIf' {
        $before = (Get-TpmAuthLevel).Level
        Set-TpmAuthLevel None -WhatIf | Should -BeNullOrEmpty
        (Get-TpmAuthLevel).Level | Should -Be $before
    }

    It 'refuses if policy sets the level, and names the source' {
        Set-TbsPolicy osManagedAuthLevel 4 | Out-Null
        try {
            $problem = $null
            try { Set-TpmAuthLevel None } catch { $problem = $_ }
            $problem | Should -Not -BeNullOrEmpty
            $problem.Exception.Symbol | Should -Be 'TBS_E_PROVISIONING_NOT_ALLOWED'
            "$($problem.Exception.Message) $($problem.Exception.RecommendedAction)" | Should -BeLike '*policy*'
        }
        finally { Set-TbsPolicy osManagedAuthLevel $null | Out-Null }
    }
}

Describe 'Set-TpmAuthLevel from Full to Delegated' {
    BeforeAll {
        # A private broker, because the tests change the ownership of its TPM.
        $private = Connect-PrivateBroker
        Initialize-Tpm | Out-Null
    }
    AfterAll {
        Disconnect-PrivateBroker $private
    }

    It 'refuses, and changes nothing, while nothing would store the new owner authorization' {
        $value = Get-TpmOwnerAuth
        (Get-Problem { Set-TpmAuthLevel Delegated }).Exception.Symbol | Should -Be 'TBS_E_BAD_PARAMETER'
        (Get-TpmAuthLevel).LevelName | Should -Be 'Full'
        Get-TpmOwnerAuth | Should -Be $value
        Unblock-Tpm
    }

    It 'leaves no file when it is refused' {
        Set-TbsPolicy osManagedAuthLevel 4 | Out-Null
        try {
            $problem = Get-Problem { Set-TpmAuthLevel Delegated -NewFile "$TestDrive/refused.tpm" }
            $problem.Exception.Symbol | Should -Be 'TBS_E_PROVISIONING_NOT_ALLOWED'
            $problem.FullyQualifiedErrorId | Should -BeLike '*,TpmTbs.Cmdlets.SetTpmAuthLevelCommand'
            Test-Path "$TestDrive/refused.tpm" | Should -BeFalse
        }
        finally { Set-TbsPolicy osManagedAuthLevel $null | Out-Null }
    }

    It 'writes the new value only into -NewFile, from which it can be used' {
        (Set-TpmAuthLevel Delegated -NewFile "$TestDrive/new.tpm").LevelName | Should -Be 'Delegated'
        (Get-Problem { Get-TpmOwnerAuth }).Exception.Symbol | Should -Be 'TBS_E_OWNERAUTH_NOT_FOUND'
        Unblock-Tpm -File "$TestDrive/new.tpm"
    }

    It 'voids every earlier value with -Force' {
        Set-TpmAuthLevel Full | Out-Null
        Import-TpmOwnerAuth -File "$TestDrive/new.tpm"
        (Set-TpmAuthLevel Delegated -Force).LevelName | Should -Be 'Delegated'
        (Get-Problem { Unblock-Tpm -File "$TestDrive/new.tpm" }).Exception.Symbol | Should -Be 'TPM_20_E_AUTH_FAIL'
    }
}
