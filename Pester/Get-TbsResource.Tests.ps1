BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
    $broker = Connect-SharedBroker
    # TPM2_HashSequenceStart makes an object that stays in its context.
    $startSequence = '8001 0000000E 00000186 0000 000B'
}

Describe 'Get-TbsResource' {
    It 'shows what a context holds, until the context is closed' {
        $context = New-TbsContext
        try {
            (Submit-TbsCommand $startSequence -Context $context).Success | Should -BeTrue
            $mine = @(Get-TbsResource | Where-Object ContextId -EQ $context.ContextId)
            $mine.Count | Should -Be 1
            $mine[0].UserKey | Should -Not -BeNullOrEmpty
            @(Get-TbsResource -Kind $mine[0].Kind).Id | Should -Contain $mine[0].Id
            (Get-TbsResource $mine[0].Id).VirtualHandle | Should -Be $mine[0].VirtualHandle
        }
        finally { $context | Remove-TbsContext }
        @(Get-TbsResource | Where-Object ContextId -EQ $context.ContextId).Count | Should -Be 0
    }
}
