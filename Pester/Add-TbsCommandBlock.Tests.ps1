BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
    $broker = Connect-SharedBroker
    $getRandom = '8001 0000000C 0000017B 0008'
}

Describe 'Add-TbsCommandBlock' {
    AfterEach { Get-TbsCommandBlock -List Local | Remove-TbsCommandBlock | Out-Null }

    It 'blocks the command, which is then refused' {
        (Add-TbsCommandBlock TPM2_GetRandom).Administrator | Should -Be 'Blocked'
        { Submit-TbsCommand $getRandom -ErrorAction Stop } | Should -Throw -ErrorId 'TbsCommandBlocked,TpmTbs.Cmdlets.SubmitTbsCommandCommand'
    }

    It 'can be repeated' {
        Add-TbsCommandBlock TPM2_GetRandom | Out-Null
        (Add-TbsCommandBlock TPM2_GetRandom).Administrator | Should -Be 'Blocked'
    }

    It 'accepts several commands from the pipeline and continues after an unknown one' {
        $added = 'TPM2_SelfTest', 'TPM2_Nonsense', '0x17B' | Add-TbsCommandBlock -ErrorAction SilentlyContinue -ErrorVariable problem
        $added.Name | Should -Be @('TPM2_SelfTest', 'TPM2_GetRandom')
        $problem.Count | Should -Be 1
        $problem[0].TargetObject | Should -Be 'TPM2_Nonsense'
    }

    It 'changes nothing and returns nothing with -WhatIf' {
        Add-TbsCommandBlock TPM2_GetRandom -WhatIf | Should -BeNullOrEmpty
        (Submit-TbsCommand $getRandom).Success | Should -BeTrue
    }
}
