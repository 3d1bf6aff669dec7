BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
    $broker = Connect-SharedBroker
}

Describe 'Watch-Tbs' {
    It 'returns the data of the live view: state, queue, activity, lockout, holders and refusals' {
        Submit-TbsCommand -Command 80010000000c0000017b0008 | Out-Null
        $snapshot = Watch-Tbs -Count 1 -IntervalSeconds 60
        $snapshot | Should -BeOfType [TpmTbs.BrokerSnapshot]
        $snapshot.Time | Should -BeOfType [DateTimeOffset]
        $snapshot.Status.TpmLockout.MaxTries | Should -BeGreaterThan 0
        $snapshot.Queue.Waiting.Count | Should -Be 0
        $snapshot.Activity.Commands.Name | Should -Contain 'TPM2_GetRandom (0x17B)'
        $snapshot.Lockout.TotalThreshold | Should -Be 9
        $snapshot.Contexts.Count | Should -Be $snapshot.Status.Contexts
        $snapshot.Resources.Count | Should -Be 0
    }

    It 'returns refusals, newest first, and no more than requested' {
        Add-TbsCommandBlock TPM2_SelfTest | Out-Null
        try {
            foreach ($count in 1..3) { Submit-TbsCommand -Command 80010000000b0000014301 -ErrorAction SilentlyContinue }
        }
        finally { Remove-TbsCommandBlock TPM2_SelfTest | Out-Null }
        $refusals = (Watch-Tbs -Count 1 -Refusals 2).Refusals
        $refusals.Count | Should -Be 2
        $refusals[0].Kind | Should -Be 'commandRefused'
        $refusals[0].Time | Should -BeGreaterOrEqual $refusals[1].Time
    }

    It 'continues at the interval until it has returned the requested number of objects' {
        $snapshots = @(Watch-Tbs -IntervalSeconds 1 -Count 2)
        $snapshots.Count | Should -Be 2
        ($snapshots[1].Time - $snapshots[0].Time).TotalSeconds | Should -BeGreaterOrEqual 0.9
    }

    It 'ends when the pipeline needs no more' {
        @(Watch-Tbs -IntervalSeconds 1 | Select-Object -First 1).Count | Should -Be 1
    }

    It 'shows one line for each interval' {
        $text = Watch-Tbs -Count 1 | Out-String -Width 120
        $text | Should -Match 'Time +Health +TpmTries +PerSecond +Waiting +Held +LockedOut +LastRefusal'
    }
}
