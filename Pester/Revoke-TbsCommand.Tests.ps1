BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
    $broker = Connect-SharedBroker
}

Describe 'Revoke-TbsCommand' {
    BeforeEach { Grant-TbsCommand TPM2_Clear -Class StandardUser | Out-Null }
    AfterEach { Revoke-TbsCommand TPM2_Clear -Class StandardUser | Out-Null }

    It 'withdraws a grant' {
        (Revoke-TbsCommand TPM2_Clear -Class StandardUser).StandardUser | Should -Be 'Blocked'
    }

    It 'does not withdraw what the shipped list allows' {
        Get-TbsCommandBlock TPM2_GetRandom | Where-Object StandardUser -EQ 'Allowed' | Should -Not -BeNullOrEmpty
        (Revoke-TbsCommand TPM2_SelfTest -Class Administrator -ErrorAction SilentlyContinue).Administrator | Should -Be 'Allowed'
    }

    It 'changes nothing with -WhatIf' {
        Revoke-TbsCommand TPM2_Clear -Class StandardUser -WhatIf | Should -BeNullOrEmpty
        (Test-TbsCommandBlock TPM2_Clear -Class StandardUser).Blocked | Should -BeFalse
    }
}
