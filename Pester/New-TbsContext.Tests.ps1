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

    It 'refuses if the machine has no TPM of the family' {
        { New-TbsContext -TpmVersion 1.2 } | Should -Throw -ErrorId 'TbsTpmNotFound,TpmTbs.Cmdlets.NewTbsContextCommand'
    }

    It 'opens nothing with -WhatIf' {
        $before = @(Get-TbsContext).Count
        New-TbsContext -WhatIf | Should -BeNullOrEmpty
        @(Get-TbsContext).Count | Should -Be $before
    }

    It 'opens contexts that end when the last session of the process removes the module' {
        $before = @(Get-TbsContext).Count
        $script = "Import-Module '$RepositoryRoot/TpmTbs.psd1'; `$null = New-TbsContext; Remove-Module TpmTbs; Import-Module '$RepositoryRoot/TpmTbs.psd1'; @(Get-TbsContext).Count"
        $pwsh = [Diagnostics.Process]::GetCurrentProcess().MainModule.FileName
        [int](Invoke-Program $pwsh '-NoProfile', '-NonInteractive', '-Command', $script) | Should -Be $before
    }

    It 'opens contexts on the single connection that all sessions of the process share' {
        $shell = [powershell]::Create([initialsessionstate]::CreateDefault2())
        try {
            [void]$shell.AddScript({ param($Manifest) Import-Module $Manifest; New-TbsContext }).AddArgument("$RepositoryRoot/TpmTbs.psd1")
            $context = $shell.Invoke()[0]
            (Get-TbsContext -ContextId $context.ContextId).Own | Should -BeTrue
            (Submit-TbsCommand '8001 0000000C 0000017B 0008' -Context $context).Success | Should -BeTrue
            $context | Remove-TbsContext
        }
        finally { $shell.Dispose() }
    }
}
