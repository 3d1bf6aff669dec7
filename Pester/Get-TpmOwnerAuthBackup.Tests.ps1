BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
    # A private broker, because the tests change the ownership of its TPM.
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
