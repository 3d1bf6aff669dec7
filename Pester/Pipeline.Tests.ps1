# Pipeline input that the other files do not have: parameters that take a property of the same name, or the object itself.

BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
    $broker = Connect-SharedBroker
    $startSequence = '8001 0000000E 00000186 0000 000B'
}

Describe 'the pipeline' {
    It 'gives <parameter> of <cmdlet> the object itself and a property' -TestCases @(
        @{ cmdlet = 'Get-TbsCommandBlock'; parameter = 'Name' }
        @{ cmdlet = 'Get-TbsContext'; parameter = 'ContextId' }
        @{ cmdlet = 'Get-TbsLockout'; parameter = 'User' }
        @{ cmdlet = 'Get-TbsPolicy'; parameter = 'Name' }
        @{ cmdlet = 'Get-TbsResource'; parameter = 'Id' }
        @{ cmdlet = 'Get-TpmEventLog'; parameter = 'Pcr' }
        @{ cmdlet = 'Import-TbsPolicy'; parameter = 'Path' }
        @{ cmdlet = 'New-TbsContext'; parameter = 'TpmVersion' }
        @{ cmdlet = 'Remove-TbsContext'; parameter = 'ContextId' }
        @{ cmdlet = 'Remove-TbsResource'; parameter = 'Id' }
        @{ cmdlet = 'Reset-TbsLockout'; parameter = 'User' }
        @{ cmdlet = 'Test-TbsPolicy'; parameter = 'Path' }
    ) {
        $attribute = (Get-Command $cmdlet).Parameters[$parameter].Attributes.Where{ $_ -is [Parameter] }[0]
        $attribute.ValueFromPipeline | Should -BeTrue
        $attribute.ValueFromPipelineByPropertyName | Should -BeTrue
    }

    It 'names commands: text, codes, and objects of any cmdlet' {
        ('TPM2_Clear', '0x17B' | Get-TbsCommandBlock).Name | Should -Be 'TPM2_Clear', 'TPM2_GetRandom'
        (Get-TbsCommandBlock TPM2_Clear | Get-TbsCommandBlock).Name | Should -Be 'TPM2_Clear'
        (Get-TbsCommandBlock -TpmVersion 1.2 TPM_GetRandom | Get-TbsCommandBlock).Name | Should -Be 'TPM_GetRandom'
        (0x17B | Get-TbsCommandBlock).Name | Should -Be 'TPM2_GetRandom'
    }

    It 'names TPM commands, with the other parameters of each row' {
        $rows = 'Command,Priority', '80010000000C0000017B0008,Low', '8001 0000000C 0000017B 0010,High' | ConvertFrom-Csv
        $results = $rows | Submit-TbsCommand
        $results.Success | Should -Be $true, $true
        $results.AppliedPriority | Should -Be 100, 300
        ([pscustomobject]@{ Hex = '80010000000C0000017B0008' } | Submit-TbsCommand).Success | Should -BeTrue
        { [pscustomobject]@{ Other = 1 } | Submit-TbsCommand -ErrorAction Stop } | Should -Throw -ErrorId 'TbsBadParameter,*'
    }

    It 'names settings' {
        ('ignoreLocalList', 'ignoreDefaultList' | Get-TbsPolicy).Name | Should -Be 'ignoreLocalList', 'ignoreDefaultList'
        (Get-TbsPolicy ignoreLocalList | Get-TbsPolicy -Explain).Name | Should -Be 'ignoreLocalList'
        'nonsense' | Get-TbsPolicy -ErrorAction SilentlyContinue -ErrorVariable problem
        $problem[0].Exception.Message | Should -BeLike "There is no setting 'nonsense'*"
    }

    It 'names users by name and key, and resets nobody if an object names no user' {
        'nobody-of-that-name' | Get-TbsLockout | Should -BeNullOrEmpty
        [pscustomobject]@{ UserKey = 'uid:4711' } | Get-TbsLockout | Should -BeNullOrEmpty
        ('root' | Reset-TbsLockout).TotalFailures | Should -Be 0
        ([pscustomobject]@{ UserKey = 'uid:4711' } | Reset-TbsLockout).TotalFailures | Should -Be 0
        Get-TbsStatus | Reset-TbsLockout -ErrorAction SilentlyContinue -ErrorVariable problem | Should -BeNullOrEmpty
        $problem.Count | Should -BeGreaterThan 0
    }

    It 'names contexts and resources' {
        $context = Get-TbsDeviceInfo | New-TbsContext
        $context.TpmVersion | Should -Be '2.0'
        { '1.2' | New-TbsContext } | Should -Throw
        ($context.ContextId | Get-TbsContext).Own | Should -BeTrue
        [void](Submit-TbsCommand $startSequence -Context $context)
        $resource = Get-TbsResource | Where-Object ContextId -EQ $context.ContextId
        ($resource | Get-TbsResource).Id | Should -Be $resource.Id
        ($resource.Id | Get-TbsResource).Id | Should -Be $resource.Id
        $resource.Id | Remove-TbsResource -Confirm:$false
        $resource | Get-TbsResource | Should -BeNullOrEmpty
        $context.ContextId | Remove-TbsContext
        Get-TbsContext $context.ContextId -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
    }

    It 'names policy files' {
        $baseline = "$RepositoryRoot/tests/fixtures/group-policy/baseline.pol"
        $baseline | Import-TbsPolicy -WhatIf | Should -BeNullOrEmpty
        Get-Item $baseline | Import-TbsPolicy -WhatIf | Should -BeNullOrEmpty
    }
}
