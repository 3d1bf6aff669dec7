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
        $status.StartedAt | Should -BeOfType [DateTimeOffset]
        $endpoint = $status.Endpoints | Where-Object Address -EQ $broker.Socket
        $endpoint.Kind | Should -BeOfType [TpmTbs.EndpointKind]
        $endpoint.Kind | Should -Be 'rpc'
    }

    It 'shows how it cancels, the estimated wait, and the cost of commands by code and key type' {
        $null = Submit-TbsCommand '8001 0000000C 0000017B 0008'
        $status = Get-TbsStatus
        $status.Cancellation | Should -Be 'controlChannel'
        $status.Queue.EstimatedWaitMs | Should -BeGreaterOrEqual 0
        $cost = $status.Costs | Where-Object Code -EQ 0x17B
        $cost.Count | Should -BeGreaterThan 0
        $cost.MeanMs | Should -BeGreaterThan 0
        $cost.PSObject.Properties.Name | Should -Contain 'KeyType'
        $cost.KeyType | Should -BeNullOrEmpty
    }

    It 'fails immediately if there is no broker' {
        $env:TPMTBS_SOCKET = "$TestDrive/none.sock"
        try {
            $watch = [Diagnostics.Stopwatch]::StartNew()
            { Get-TbsStatus } | Should -Throw -ErrorId 'TbsServiceNotRunning,TpmTbs.Cmdlets.GetTbsStatusCommand'
            $watch.Elapsed.TotalSeconds | Should -BeLessThan 2
        }
        finally { $env:TPMTBS_SOCKET = $broker.Socket }
        (Get-TbsStatus).State | Should -Be 'running'
    }

    It 'refuses a path that is too long for a socket' {
        $env:TPMTBS_SOCKET = '/tmp/' + ('x' * 120)
        try { { Get-TbsStatus } | Should -Throw -ErrorId 'TbsBadParameter,TpmTbs.Cmdlets.GetTbsStatusCommand' }
        finally { $env:TPMTBS_SOCKET = $broker.Socket }
    }
}
