BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
    $broker = Connect-SharedBroker
}

Describe 'Get-TpmLockoutParameter' {
    It 'shows the parameters of the TPM' {
        $now = Get-TpmLockoutParameter
        $now.MaxTries | Should -Be (Get-Tpm).LockoutMax
        $now.LockedOut | Should -Be $false
    }
}
