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
}
