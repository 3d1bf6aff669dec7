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

Describe 'Import-TpmOwnerAuth' {
    BeforeAll { Initialize-Tpm | Out-Null }

    It 'keeps what the TPM has, and nothing that it has not' {
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
