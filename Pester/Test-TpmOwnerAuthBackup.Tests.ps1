BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
    # A private broker, because the tests change the ownership of its TPM.
    $broker = Connect-PrivateBroker
}

AfterAll {
    Disconnect-PrivateBroker $broker
}

Describe 'Test-TpmOwnerAuthBackup' {
    It 'reports why there is no directory' {
        $problem = Get-Problem { Test-TpmOwnerAuthBackup }
        $problem.FullyQualifiedErrorId | Should -Be 'TbsProvisioningNotAllowed,TpmTbs.Cmdlets.TestTpmOwnerAuthBackupCommand'
        $problem.Exception.Details.Reason | Should -Be 'notJoined'
    }
}
