BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
    # Of its own, since the ownership of its TPM changes.
    $broker = Connect-PrivateBroker
}

AfterAll {
    Disconnect-PrivateBroker $broker
}

Describe 'Get-TpmOwnerAuthBackup' {
    It 'shows that the backup is off, and required once policy requires it' {
        $state = Get-TpmOwnerAuthBackup
        $state.Mode | Should -Be 'off'
        $state.LastSuccess | Should -BeNullOrEmpty
        Set-TbsPolicy activeDirectoryBackup $true | Out-Null
        (Get-TpmOwnerAuthBackup).Mode | Should -Be 'required'
    }
}
