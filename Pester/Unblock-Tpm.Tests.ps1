BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
    . "$PSScriptRoot/Support/TypingHost.ps1"
    # A private broker, because the tests change the ownership of its TPM.
    $broker = Connect-PrivateBroker
}

AfterAll {
    Disconnect-PrivateBroker $broker
}

Describe 'Unblock-Tpm' {
    BeforeAll { Initialize-Tpm | Out-Null }

    It 'resets with the stored value, a text, a SecureString and a file' {
        (Unblock-Tpm).LockedOut | Should -Be $false
        $text = Get-TpmOwnerAuth
        Unblock-Tpm -OwnerAuthorization $text
        Unblock-Tpm (Get-TpmOwnerAuth -AsSecureString)
        $text | Unblock-Tpm
        [IO.File]::WriteAllText("$TestDrive/owner.tpm", "<tpmOwnerData version='1.0'><tpmInfo manufacturerId='1'/><ownerAuth>$text</ownerAuth></tpmOwnerData>")
        Unblock-Tpm -File "$TestDrive/owner.tpm"
        Unblock-Tpm -WhatIf
    }

    It 'asks for the owner password with -Prompt, without showing it' {
        Set-TpmOwnerAuth -NewOwnerAuthorization (ConvertTo-TpmOwnerAuth 'asked for') | Out-Null
        $session = New-TypingSession 'asked for'
        ($session.AddCommand('Unblock-Tpm').AddParameter('Prompt').Invoke()).LockedOut | Should -Be $false
        $session.Runspace.SessionStateProxy.GetVariable('Host').Name | Should -Be 'typing'
        $shown = [TypingHost]::Shown
        $shown | Should -BeLike '*Owner password: *'
        $shown | Should -Not -BeLike '*asked for*'
        $session.Runspace.Dispose()
        $session.Dispose()
    }

    It 'refuses files that are no owner-password files, and quotes nothing from them' -TestCases @(
        @{ content = '<!DOCTYPE a [<!ENTITY b "secret">]><tpmOwnerData><ownerAuth>&b;</ownerAuth></tpmOwnerData>' }
        @{ content = '<other><ownerAuth>c2VjcmV0c2VjcmV0c2VjcmV0MTI=</ownerAuth></other>' }
        @{ content = '<tpmOwnerData><ownerAuth>secret</ownerAuth></tpmOwnerData>' }
        @{ content = '<tpmOwnerData><ownerAuth>1</secret></tpmOwnerData>' }
        @{ content = 'secret' }
    ) {
        [IO.File]::WriteAllText("$TestDrive/bad.tpm", $content)
        $problem = Get-Problem { Unblock-Tpm -File "$TestDrive/bad.tpm" }
        $problem.Exception.Symbol | Should -Be 'TBS_E_BAD_PARAMETER'
        "$problem".Contains('secret') | Should -Be $false
    }

    It 'refuses a file that is too large before reading it' {
        [IO.File]::WriteAllText("$TestDrive/large.tpm", '<tpmOwnerData>' + ' ' * 70000 + '</tpmOwnerData>')
        (Get-Problem { Unblock-Tpm -File "$TestDrive/large.tpm" }).Exception.Message | Should -BeLike '*64 KB*'
    }

    It 'tries a wrong authorization only once' {
        $problem = Get-Problem { Unblock-Tpm (ConvertTo-TpmOwnerAuth 'wrong') }
        $problem.FullyQualifiedErrorId | Should -Be 'TpmAuthFail,TpmTbs.Cmdlets.UnblockTpmCommand'
        (Get-Problem { Unblock-Tpm }).Exception.Symbol | Should -Be 'TPM_20_E_LOCKOUT'
    }
}
