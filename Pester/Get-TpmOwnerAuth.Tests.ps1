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

Describe 'Get-TpmOwnerAuth' {
    It 'gives what is kept, and says what is not found or is of the other TPM version' {
        (Get-Problem { Get-TpmOwnerAuth }).FullyQualifiedErrorId | Should -Be 'TbsOwnerAuthNotFound,TpmTbs.Cmdlets.GetTpmOwnerAuthCommand'
        Initialize-Tpm | Out-Null
        foreach ($type in 'Full', 'Storage20', 'Endorsement20') { [Convert]::FromBase64String((Get-TpmOwnerAuth -Type $type)).Length | Should -Be 20 }
        foreach ($type in 'Admin', 'User', 'Endorsement') { (Get-Problem { Get-TpmOwnerAuth $type }).Exception.Symbol | Should -Be 'TBS_E_BAD_PARAMETER' }
        # Whatever the case in which it is written.
        Get-TpmOwnerAuth full | Should -Be (Get-TpmOwnerAuth)
        (Get-TpmOwnerAuth -AsSecureString).Length | Should -Be 28
    }
}
