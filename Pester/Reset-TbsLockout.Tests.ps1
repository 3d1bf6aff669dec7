BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
    $broker = Connect-SharedBroker
}

Describe 'Reset-TbsLockout' {
    It 'returns the state after the reset' {
        (Reset-TbsLockout).TotalFailures | Should -Be 0
    }

    It 'clears the failures of one user from the pipeline (needs root and setpriv)' -Skip:([Environment]::UserName -ne 'root' -or -not [IO.File]::Exists('/usr/bin/setpriv')) {
        [void](Submit-TbsCommand '8002 00000027 0000013A 4000000A 00000009 40000009 0000 00 0000 00000020 00000258 00000258')
        [void](Invoke-AsOrdinaryUser)
        (Get-TbsLockout).TotalFailures | Should -Be 4
        Get-TbsLockout -User daemon | Reset-TbsLockout | Out-Null
        (Get-TbsLockout).TotalFailures | Should -Be 0
    }

    It 'returns nothing with -WhatIf' {
        Reset-TbsLockout -WhatIf | Should -BeNullOrEmpty
        Reset-TbsLockout -User uid:1 -WhatIf | Should -BeNullOrEmpty
    }
}
