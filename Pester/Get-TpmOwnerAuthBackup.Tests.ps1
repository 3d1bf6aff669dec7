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

Describe 'Get-TpmOwnerAuthBackup' {
    It 'says that the backup is off, and required once policy says so' {
        $state = Get-TpmOwnerAuthBackup
        $state.Mode | Should -Be 'off'
        $state.LastSuccess | Should -BeNullOrEmpty
        Set-TbsPolicy activeDirectoryBackup $true | Out-Null
        (Get-TpmOwnerAuthBackup).Mode | Should -Be 'required'
    }
}
