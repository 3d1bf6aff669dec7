BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
    $broker = Connect-SharedBroker
}

Describe 'Get-TbsCommandBlock' {
    It 'returns every command once, with a verdict for each class' {
        $commands = @(Get-TbsCommandBlock)
        $commands.Count | Should -BeGreaterThan 100
        @($commands | Select-Object -ExpandProperty Ordinal | Sort-Object -Unique).Count | Should -Be $commands.Count
        foreach ($command in $commands) {
            @($command.Verdicts).Count | Should -Be 3
            $command.StandardUser | Should -BeIn 'Allowed', 'Blocked'
        }
    }

    It 'shows complete names and verdicts in 80 columns' {
        $lines = (Get-TbsCommandBlock -Name TPM2_DictionaryAttackParameters | Out-String -Width 80) -split '\r?\n'
        @($lines -match '^TPM2_DictionaryAttackParameters +0x13A +Allowed +Blocked +Blocked$').Count | Should -Be 1
    }

    It 'finds the same command by <reference>' -TestCases @(
        @{ reference = 'TPM2_GetRandom' }, @{ reference = 'GetRandom' }, @{ reference = '0x17B' }, @{ reference = '379' }
    ) {
        (Get-TbsCommandBlock -Name $reference).Name | Should -Be 'TPM2_GetRandom'
    }

    It 'finds commands by wildcard and by ordinal' {
        @(Get-TbsCommandBlock -Name 'TPM2_PCR_*').Name | Should -Contain 'TPM2_PCR_Read'
        (Get-TbsCommandBlock -Ordinal 0x17B).Name | Should -Be 'TPM2_GetRandom'
    }

    It 'shows with -Blocked only commands that are blocked for the class' {
        $blocked = @(Get-TbsCommandBlock -Blocked -Class StandardUser)
        $blocked.Count | Should -BeGreaterThan 0
        $blocked.StandardUser | Select-Object -Unique | Should -Be 'Blocked'
        $blocked.Name | Should -Contain 'TPM2_Clear'
        $blocked.Name | Should -Not -Contain 'TPM2_GetRandom'
    }

    It 'shows with -List only commands for which that list decides' {
        Add-TbsCommandBlock TPM2_SelfTest | Out-Null
        try { @(Get-TbsCommandBlock -List Local).Name | Should -Be 'TPM2_SelfTest' }
        finally { Remove-TbsCommandBlock TPM2_SelfTest | Out-Null }
        @(Get-TbsCommandBlock -List Local).Count | Should -Be 0
    }

    It 'shows TPM 1.2 commands on request' {
        @(Get-TbsCommandBlock -TpmVersion 1.2).Name | Should -Contain 'TPM_GetRandom'
    }

    It 'writes an error for an unknown command, and continues with the others' {
        $found = Get-TbsCommandBlock -Name TPM2_Nonsense, TPM2_Clear -ErrorAction SilentlyContinue -ErrorVariable problem
        $found.Name | Should -Be 'TPM2_Clear'
        $problem[0].FullyQualifiedErrorId | Should -Be 'TbsBadParameter,TpmTbs.Cmdlets.GetTbsCommandBlockCommand'
    }
}
