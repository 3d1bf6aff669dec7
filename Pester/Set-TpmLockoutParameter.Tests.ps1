BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
    Import-TpmTbsModule
    # Of its own, since the ownership of its TPM changes.
    $before = $env:TPMTBS_SOCKET
    $broker = Start-PrivateBroker
    $env:TPMTBS_SOCKET = $broker.Socket
    function Get-Problem([scriptblock]$Action) { try { & $Action; $null } catch { $_ } }
}

AfterAll {
    Stop-PrivateBroker $broker
    $env:TPMTBS_SOCKET = $before
}

Describe 'Set-TpmLockoutParameter' {
    It 'sets what is given and leaves the rest' {
        Set-TpmLockoutParameter -MaxTries 40 -WhatIf | Should -BeNullOrEmpty
        $before = Get-TpmLockoutParameter
        $after = Set-TpmLockoutParameter -MaxTries 40
        $after.MaxTries | Should -Be 40
        $after.RecoverySeconds | Should -Be $before.RecoverySeconds
        (Set-TpmLockoutParameter -RecoveryTimeSeconds 60 -LockoutRecoverySeconds 1).MaxTries | Should -Be 40
        (Get-TpmLockoutParameter).LockoutRecoverySeconds | Should -Be 1
    }
}
