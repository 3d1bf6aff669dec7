BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
    $broker = Connect-SharedBroker
    $getRandom = '8001 0000000C 0000017B 0008'
}

Describe 'New-TbsContext' {
    It 'opens a context that commands can use' {
        $context = New-TbsContext
        try {
            $context.ContextId | Should -BeGreaterThan 0
            $context.TpmVersion | Should -Be '2.0'
            (Submit-TbsCommand $getRandom -Context $context).Success | Should -BeTrue
        }
        finally { $context | Remove-TbsContext }
    }

    It 'refuses when the machine has no TPM of the family' {
        { New-TbsContext -TpmVersion 1.2 } | Should -Throw -ErrorId 'TbsTpmNotFound,New-TbsContext'
    }

    It 'opens nothing with -WhatIf' {
        $before = @(Get-TbsContext).Count
        New-TbsContext -WhatIf | Should -BeNullOrEmpty
        @(Get-TbsContext).Count | Should -Be $before
    }

    It 'opens contexts that end with the module' {
        $before = @(Get-TbsContext).Count
        $shell = [powershell]::Create([initialsessionstate]::CreateDefault2())
        try {
            [void]$shell.AddScript({ param($Manifest) Import-Module $Manifest; New-TbsContext }).AddArgument("$RepositoryRoot/TpmTbs.psd1")
            @($shell.Invoke()).Count | Should -Be 1
            @(Get-TbsContext).Count | Should -Be ($before + 1)
            $shell.Commands.Clear()
            [void]$shell.AddScript('Remove-Module TpmTbs').Invoke()
            $watch = [Diagnostics.Stopwatch]::StartNew()
            while (@(Get-TbsContext).Count -gt $before -and $watch.Elapsed.TotalSeconds -lt 10) { [Threading.Thread]::Sleep(20) }
            @(Get-TbsContext).Count | Should -Be $before
        }
        finally { $shell.Dispose() }
    }
}
