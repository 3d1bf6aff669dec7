BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
    $broker = Connect-SharedBroker
}

Describe 'Set-TpmAuthLevel' {
    It 'sets the local level, by name or number' {
        (Set-TpmAuthLevel None).LevelName | Should -Be 'None'
        (Get-TpmAuthLevel).Level | Should -Be 0
        (Set-TpmAuthLevel -Level 4).LevelName | Should -Be 'Full'
    }

    It 'changes nothing with -WhatIf' {
        $before = (Get-TpmAuthLevel).Level
        Set-TpmAuthLevel None -WhatIf | Should -BeNullOrEmpty
        (Get-TpmAuthLevel).Level | Should -Be $before
    }

    It 'refuses where policy sets the level, and names the source' {
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
