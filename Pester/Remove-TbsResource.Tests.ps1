BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
    $broker = Connect-SharedBroker
    # TPM2_HashSequenceStart makes an object that stays in its context.
    $startSequence = '8001 0000000E 00000186 0000 000B'
}

Describe 'Remove-TbsResource' {
    It 'flushes a resource' {
        $context = New-TbsContext
        try {
            (Submit-TbsCommand $startSequence -Context $context).Success | Should -BeTrue
            $resource = Get-TbsResource | Where-Object ContextId -EQ $context.ContextId
            $resource | Remove-TbsResource -WhatIf
            @(Get-TbsResource $resource.Id).Count | Should -Be 1
            $resource | Remove-TbsResource -Confirm:$false
            @(Get-TbsResource $resource.Id).Count | Should -Be 0
        }
        finally { $context | Remove-TbsContext }
    }

    It 'writes an error for a resource that does not exist' {
        Remove-TbsResource nonsense -Confirm:$false -ErrorAction SilentlyContinue -ErrorVariable problem
        $problem[0].FullyQualifiedErrorId | Should -Be 'TbsBadParameter,TpmTbs.Cmdlets.RemoveTbsResourceCommand'
    }
}
