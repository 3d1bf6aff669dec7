BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
    $broker = Connect-SharedBroker
}

Describe 'Get-TpmAuthLevel' {
    It 'returns level and source' {
        $level = Get-TpmAuthLevel
        $level.Level | Should -BeIn 0, 2, 4, 5
        $level.LevelName | Should -Not -BeNullOrEmpty
        $level.Source | Should -Not -BeNullOrEmpty
        $level.SetByPolicy | Should -BeFalse
    }
}
