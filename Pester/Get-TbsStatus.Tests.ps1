BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
    $broker = Connect-SharedBroker
}

Describe 'Get-TbsStatus' {
    It 'shows state, TPM, caller and endpoints' {
        $status = Get-TbsStatus
        $status.State | Should -Be 'running'
        $status.ProcessId | Should -Be $broker.Process.Id
        $status.Tpm.TpmVersion | Should -Be '2.0'
        $status.StartedAt | Should -BeOfType [datetime]
        $status.Endpoints | ForEach-Object { $_.Address } | Should -Contain $broker.Socket
    }

    It 'fails at once when there is no broker' {
        $env:TPMTBS_SOCKET = "$TestDrive/none.sock"
        try {
            $watch = [Diagnostics.Stopwatch]::StartNew()
            { Get-TbsStatus } | Should -Throw -ErrorId 'TbsServiceNotRunning,Get-TbsStatus'
            $watch.Elapsed.TotalSeconds | Should -BeLessThan 2
        }
        finally { $env:TPMTBS_SOCKET = $broker.Socket }
        (Get-TbsStatus).State | Should -Be 'running'
    }

    It 'refuses a path that is too long for a socket' {
        $env:TPMTBS_SOCKET = '/tmp/' + ('x' * 120)
        try { { Get-TbsStatus } | Should -Throw -ErrorId 'TbsBadParameter,Get-TbsStatus' }
        finally { $env:TPMTBS_SOCKET = $broker.Socket }
    }
}
