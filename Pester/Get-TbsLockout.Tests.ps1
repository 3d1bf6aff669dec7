BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
    $broker = Connect-SharedBroker
}

Describe 'Get-TbsLockout' {
    It 'returns thresholds, window and totals' {
        $lockout = Get-TbsLockout
        $lockout.IndividualThreshold | Should -Be 4
        $lockout.TotalThreshold | Should -Be 9
        $lockout.DurationMinutes | Should -BeGreaterThan 0
        $lockout.TotalLockedOut | Should -BeFalse
    }

    It 'shows a user with failures, when the lockout ends, and finds the user by name (needs root and setpriv)' -Skip:([Environment]::UserName -ne 'root' -or -not [IO.File]::Exists('/usr/bin/setpriv')) {
        # Only root can be another user. The TPM's own limit goes above the thresholds first.
        [void](Submit-TbsCommand '8002 00000027 0000013A 4000000A 00000009 40000009 0000 00 0000 00000020 00000258 00000258')
        [void](Invoke-AsOrdinaryUser)
        try {
            $user = Get-TbsLockout -User daemon
            $user.UserKey | Should -Be 'uid:1'
            $user.Failures | Should -Be 4
            $user.LockedOut | Should -BeTrue
            $user.FreesAt | Should -BeGreaterThan (Get-Date)
            (Get-TbsLockout).TotalFailures | Should -Be 4
            (Get-TbsLockout).Users[0].UserName | Should -Be 'daemon'
        }
        finally { Reset-TbsLockout | Out-Null }
    }

    It 'returns nothing for a user without failures' {
        Get-TbsLockout -User nobody-of-that-name | Should -BeNullOrEmpty
    }
}
