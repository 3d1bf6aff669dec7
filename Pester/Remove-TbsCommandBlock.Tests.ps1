BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
    $broker = Connect-SharedBroker
    $getRandom = '8001 0000000C 0000017B 0008'
}

Describe 'Remove-TbsCommandBlock' {
    BeforeEach { Add-TbsCommandBlock TPM2_GetRandom | Out-Null }
    AfterEach { Get-TbsCommandBlock -List Local | Remove-TbsCommandBlock | Out-Null }

    It 'unblocks the command' {
        (Remove-TbsCommandBlock TPM2_GetRandom).Administrator | Should -Be 'Allowed'
        (Submit-TbsCommand $getRandom).Success | Should -BeTrue
    }

    It 'accepts the objects of Get-TbsCommandBlock' {
        Get-TbsCommandBlock -List Local | Remove-TbsCommandBlock | Out-Null
        @(Get-TbsCommandBlock -List Local).Count | Should -Be 0
    }

    It 'can be repeated' {
        Remove-TbsCommandBlock TPM2_GetRandom | Out-Null
        (Remove-TbsCommandBlock TPM2_GetRandom).Administrator | Should -Be 'Allowed'
    }

    It 'changes nothing with -WhatIf' {
        Remove-TbsCommandBlock TPM2_GetRandom -WhatIf | Should -BeNullOrEmpty
        (Test-TbsCommandBlock TPM2_GetRandom).Blocked | Should -BeTrue
    }
}
