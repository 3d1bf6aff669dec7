BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
    # A private broker, because the tests change the ownership of its TPM.
    $broker = Connect-PrivateBroker
}

AfterAll {
    Disconnect-PrivateBroker $broker
}

Describe 'Set-TpmOwnerAuth' {
    BeforeAll { Initialize-Tpm | Out-Null }

    It 'changes the value, from text, SecureString and files' {
        Set-TpmOwnerAuth -NewOwnerAuthorization (ConvertTo-TpmOwnerAuth 'first') -WhatIf | Should -BeNullOrEmpty
        (Set-TpmOwnerAuth -NewOwnerAuthorization (ConvertTo-TpmOwnerAuth 'first')).Kept | Should -BeTrue
        Get-TpmOwnerAuth | Should -Be (ConvertTo-TpmOwnerAuth 'first')
        $second = ConvertTo-TpmOwnerAuth 'second'
        [IO.File]::WriteAllText("$TestDrive/new.tpm", "<tpmOwnerData><ownerAuth>$second</ownerAuth></tpmOwnerData>")
        (Set-TpmOwnerAuth (ConvertTo-TpmOwnerAuth 'first') -NewFile "$TestDrive/new.tpm").Backup | Should -Be 'off'
        Get-TpmOwnerAuth | Should -Be $second
        $change = Set-TpmOwnerAuth -NewOwnerAuthorization $second
        $change | Should -BeOfType [TpmTbs.Tpm]
        "$change" | Should -Be 'stored on this machine, backup Off'
    }

    It 'requires an owner authorization of 20 bytes' {
        (Get-Problem { Set-TpmOwnerAuth -NewOwnerAuthorization 'c2hvcnQ=' }).Exception.Symbol | Should -Be 'TBS_E_BAD_PARAMETER'
        (Get-Problem { Set-TpmOwnerAuth -NewOwnerAuthorization 'not base64!' }).Exception.Symbol | Should -Be 'TBS_E_BAD_PARAMETER'
    }

    It 'changes nothing while a required backup is impossible, and reports why' {
        $value = Get-TpmOwnerAuth
        Set-TbsPolicy activeDirectoryBackup $true | Out-Null
        Set-TbsPolicy osManagedAuthLevel 4 | Out-Null
        try {
            $problem = Get-Problem { Set-TpmOwnerAuth -NewOwnerAuthorization (ConvertTo-TpmOwnerAuth 'third') }
            $problem.Exception.Symbol | Should -Be 'TBS_E_PROVISIONING_NOT_ALLOWED'
            $problem.Exception.Details.Reason | Should -Be 'notJoined'
            Get-TpmOwnerAuth | Should -Be $value
            Unblock-Tpm
        }
        finally { Set-TbsPolicy activeDirectoryBackup $null | Out-Null }
    }
}
