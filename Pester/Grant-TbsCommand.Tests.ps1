BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
    $broker = Connect-SharedBroker
}

Describe 'Grant-TbsCommand' {
    AfterEach { Revoke-TbsCommand TPM2_Clear -Class StandardUser | Out-Null }

    It 'allows the command for the class, and for no other class' {
        $before = Get-TbsCommandBlock TPM2_Clear
        $before.StandardUser | Should -Be 'Blocked'
        $after = Grant-TbsCommand TPM2_Clear -Class StandardUser
        $after.StandardUser | Should -Be 'Allowed'
        $after.SandboxedApp | Should -Be 'Blocked'
    }

    It 'changes nothing with -WhatIf' {
        Grant-TbsCommand TPM2_Clear -Class StandardUser -WhatIf | Should -BeNullOrEmpty
        (Test-TbsCommandBlock TPM2_Clear -Class StandardUser).Blocked | Should -BeTrue
    }

    It 'never overrides a blocked list' {
        Add-TbsCommandBlock TPM2_Clear | Out-Null
        try { (Grant-TbsCommand TPM2_Clear -Class StandardUser).StandardUser | Should -Be 'Blocked' }
        finally { Remove-TbsCommandBlock TPM2_Clear | Out-Null }
    }
}
