BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
    # A private broker, because the tests change the ownership of its TPM.
    $broker = Connect-PrivateBroker
}

AfterAll {
    Disconnect-PrivateBroker $broker
}

Describe 'Set-TpmLockoutParameter' {
    It 'sets the given parameters and does not change the rest' {
        Set-TpmLockoutParameter -MaxTries 40 -WhatIf | Should -BeNullOrEmpty
        $before = Get-TpmLockoutParameter
        $after = Set-TpmLockoutParameter -MaxTries 40
        $after.MaxTries | Should -Be 40
        $after.RecoverySeconds | Should -Be $before.RecoverySeconds
        (Set-TpmLockoutParameter -RecoveryTimeSeconds 60 -LockoutRecoverySeconds 1).MaxTries | Should -Be 40
        (Get-TpmLockoutParameter).LockoutRecoverySeconds | Should -Be 1
    }

    It 'accepts the output of Get-TpmLockoutParameter' {
        $before = Set-TpmLockoutParameter -MaxTries 40 -RecoveryTimeSeconds 61 -LockoutRecoverySeconds 2
        Set-TpmLockoutParameter -MaxTries 41 -RecoveryTimeSeconds 62 -LockoutRecoverySeconds 3 | Out-Null
        $after = $before | Set-TpmLockoutParameter
        $after.MaxTries, $after.RecoverySeconds, $after.LockoutRecoverySeconds | Should -Be 40, 61, 2
        # By way of CSV too.
        $before | ConvertTo-Csv | ConvertFrom-Csv | Set-TpmLockoutParameter | Select-Object -ExpandProperty MaxTries | Should -Be 40
    }
}
