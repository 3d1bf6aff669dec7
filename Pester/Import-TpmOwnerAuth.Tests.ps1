BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
    # A private broker, because the tests change the ownership of its TPM.
    $broker = Connect-PrivateBroker
}

AfterAll {
    Disconnect-PrivateBroker $broker
}

Describe 'Import-TpmOwnerAuth' {
    BeforeAll { Initialize-Tpm | Out-Null }

    It 'stores the TPM''s value, and no other' {
        $value = Get-TpmOwnerAuth
        Set-TpmAuthLevel None | Out-Null
        (Get-Problem { Import-TpmOwnerAuth $value }).Exception.Symbol | Should -Be 'TBS_E_PROVISIONING_NOT_ALLOWED'
        Set-TpmAuthLevel Full | Out-Null
        (Get-Problem { Get-TpmOwnerAuth }).Exception.Symbol | Should -Be 'TBS_E_OWNERAUTH_NOT_FOUND'
        Import-TpmOwnerAuth $value -WhatIf
        (Get-Problem { Get-TpmOwnerAuth }).Exception.Symbol | Should -Be 'TBS_E_OWNERAUTH_NOT_FOUND'
        $value | Import-TpmOwnerAuth
        Get-TpmOwnerAuth | Should -Be $value
        (Get-Problem { Import-TpmOwnerAuth (ConvertTo-TpmOwnerAuth 'wrong') }).FullyQualifiedErrorId | Should -Be 'TpmAuthFail,TpmTbs.Cmdlets.ImportTpmOwnerAuthCommand'
        Get-TpmOwnerAuth | Should -Be $value
    }
}
