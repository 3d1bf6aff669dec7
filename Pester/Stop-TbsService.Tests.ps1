BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
    $broker = Connect-SharedBroker
}

Describe 'Stop-TbsService' {
    BeforeAll {
        $own = Connect-PrivateBroker
    }
    AfterAll {
        Disconnect-PrivateBroker $own
    }

    It 'stops nothing with -WhatIf' {
        Stop-TbsService -WhatIf
        (Get-TbsStatus).State | Should -Be 'running'
    }

    It 'stops the broker, which then no longer answers' {
        Stop-TbsService -Confirm:$false
        $commandLine = try { [IO.File]::ReadAllText("/proc/$($own.Process.Id)/cmdline") } catch { '' }
        $commandLine | Should -Be ''
        { Get-TbsStatus } | Should -Throw -ErrorId 'TbsServiceNotRunning,TpmTbs.Cmdlets.GetTbsStatusCommand'
        $own.Process.WaitForExit(10000) | Should -BeTrue
        $own.Process.ExitCode | Should -Be 0
    }
}
