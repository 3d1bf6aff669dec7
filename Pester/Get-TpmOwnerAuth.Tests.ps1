BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
    # A private broker, because the tests change the ownership of its TPM.
    $broker = Connect-PrivateBroker
}

AfterAll {
    Disconnect-PrivateBroker $broker
}

Describe 'Get-TpmOwnerAuth' {
    It 'returns stored values, and reports those that are not found or of the other TPM version' {
        (Get-Problem { Get-TpmOwnerAuth }).FullyQualifiedErrorId | Should -Be 'TbsOwnerAuthNotFound,TpmTbs.Cmdlets.GetTpmOwnerAuthCommand'
        Initialize-Tpm | Out-Null
        [Convert]::FromBase64String((Get-TpmOwnerAuth -Type Full)).Length | Should -Be 20
        # Provisioning leaves the hierarchies open: their authorization is empty.
        foreach ($type in 'Storage20', 'Endorsement20') { Get-TpmOwnerAuth -Type $type | Should -Be '' }
        foreach ($type in 'Admin', 'User', 'Endorsement') { (Get-Problem { Get-TpmOwnerAuth $type }).Exception.Symbol | Should -Be 'TBS_E_BAD_PARAMETER' }
        # Whatever the case in which it is written.
        Get-TpmOwnerAuth full | Should -Be (Get-TpmOwnerAuth)
        (Get-TpmOwnerAuth -AsSecureString).Length | Should -Be 28
    }
}
