BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
    $broker = Connect-SharedBroker
}

Describe 'Get-TbsContext' {
    It 'shows an open context with user and process, until it is removed' {
        $context = New-TbsContext
        $shown = Get-TbsContext $context.ContextId
        $shown.Own | Should -BeTrue
        $shown.ProcessId | Should -Be $PID
        $shown.OpenedAt | Should -BeOfType [DateTimeOffset]
        $context | Get-TbsContext | Select-Object -ExpandProperty ContextId | Should -Be $context.ContextId
        $context | Remove-TbsContext
        Get-TbsContext $context.ContextId -ErrorAction SilentlyContinue -ErrorVariable problem | Should -BeNullOrEmpty
        $problem[0].FullyQualifiedErrorId | Should -Be 'TbsInvalidContext,TpmTbs.Cmdlets.GetTbsContextCommand'
    }
}
