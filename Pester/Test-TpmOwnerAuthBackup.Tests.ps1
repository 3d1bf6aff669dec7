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

Describe 'Test-TpmOwnerAuthBackup' {
    It 'says why there is no directory' {
        $problem = Get-Problem { Test-TpmOwnerAuthBackup }
        $problem.FullyQualifiedErrorId | Should -Be 'TbsProvisioningNotAllowed,TpmTbs.Cmdlets.TestTpmOwnerAuthBackupCommand'
        $problem.Exception.Details.Reason | Should -Be 'notJoined'
    }
}
