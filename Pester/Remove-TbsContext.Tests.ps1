BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
    $broker = Connect-SharedBroker
    $getRandom = '8001 0000000C 0000017B 0008'
}

Describe 'Remove-TbsContext' {
    It 'closes the context' {
        $context = New-TbsContext
        Remove-TbsContext $context.ContextId
        { Submit-TbsCommand $getRandom -Context $context -ErrorAction Stop } | Should -Throw -ErrorId 'TbsInvalidContext,TpmTbs.Cmdlets.SubmitTbsCommandCommand'
    }

    It 'closes all contexts of the session from the pipeline' {
        1..3 | ForEach-Object { New-TbsContext } | Out-Null
        Get-TbsContext | Where-Object Own | Remove-TbsContext
        @(Get-TbsContext | Where-Object Own).Count | Should -Be 0
    }

    It 'writes an error for a context that does not exist' {
        Remove-TbsContext 4000000000 -ErrorAction SilentlyContinue -ErrorVariable problem
        $problem[0].FullyQualifiedErrorId | Should -Be 'TbsInvalidContext,TpmTbs.Cmdlets.RemoveTbsContextCommand'
    }

    It 'closes nothing with -WhatIf' {
        $context = New-TbsContext
        $context | Remove-TbsContext -WhatIf
        (Get-TbsContext $context.ContextId).ContextId | Should -Be $context.ContextId
        $context | Remove-TbsContext
    }
}
