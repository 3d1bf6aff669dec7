BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
    # A private broker, because the tests change the ownership of its TPM.
    $broker = Connect-PrivateBroker
}

AfterAll {
    Disconnect-PrivateBroker $broker
}

Describe 'Backup-TpmOwnerAuth' {
    It 'reports what is missing: a value, then a directory' {
        Backup-TpmOwnerAuth -WhatIf | Should -BeNullOrEmpty
        (Get-Problem { Backup-TpmOwnerAuth }).Exception.Symbol | Should -Be 'TBS_E_OWNERAUTH_NOT_FOUND'
        Initialize-Tpm | Out-Null
        (Get-Problem { Backup-TpmOwnerAuth }).Exception.Details.Reason | Should -Be 'notJoined'
        $reason = (Get-TpmOwnerAuthBackup).LastFailure.Reason
        $reason | Should -BeOfType [TpmTbs.BackupFailureReason]
        $reason | Should -Be 'notJoined'
    }
}
