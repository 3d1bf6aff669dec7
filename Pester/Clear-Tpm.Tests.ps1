BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
    # A private broker, because the tests change the ownership of its TPM.
    # Never the firmware of the machine that runs the tests.
    $broker = Connect-PrivateBroker @{ platform = @{ physicalPresenceFolder = '/nonexistent/ppi' } }
}

AfterAll {
    Disconnect-PrivateBroker $broker
}

Describe 'Clear-Tpm' {
    BeforeEach { Initialize-Tpm | Out-Null }

    It 'changes nothing with -WhatIf' {
        Clear-Tpm -WhatIf | Should -BeNullOrEmpty
        (Get-Tpm).TpmOwned | Should -BeTrue
    }

    It 'clears with the stored value, which is then no longer stored' {
        $tpm = Clear-Tpm -Confirm:$false
        $tpm.TpmReady | Should -Be $false
        $tpm.OwnerAuth | Should -BeNullOrEmpty
        (Get-Tpm).TpmOwned | Should -Be $false
        (Get-Problem { Get-TpmOwnerAuth }).Exception.Symbol | Should -Be 'TBS_E_OWNERAUTH_NOT_FOUND'
    }

    It 'tries a wrong authorization exactly once, and reports it' {
        $problem = Get-Problem { Clear-Tpm -OwnerAuthorization (ConvertTo-TpmOwnerAuth 'wrong') -Confirm:$false }
        $problem.FullyQualifiedErrorId | Should -Be 'TpmAuthFail,TpmTbs.Cmdlets.ClearTpmCommand'
        $problem.Exception.Message | Should -BeLike '*once*'
        (Get-Tpm).TpmOwned | Should -BeTrue
    }

    It 'clears nothing when it cannot ask for the password, and says what would help' {
        $script = "Import-Module '$RepositoryRoot/TpmTbs.psd1'; try { Clear-Tpm -Prompt -Confirm:`$false -ErrorAction Stop; 'cleared' } catch { `$_.FullyQualifiedErrorId; `$_.Exception.Message; `$_.Exception.RecommendedAction }"
        $id, $message, $action = (& pwsh -NoProfile -NonInteractive -Command $script) -replace '^.*Owner password: '
        $id | Should -Be 'TbsConfirmationImpossible,TpmTbs.Cmdlets.ClearTpmCommand'
        $message | Should -BeLike '*needs the owner password, and this session cannot ask for it.'
        $action | Should -BeLike '*-File or -OwnerAuthorization.'
        (Get-Tpm).TpmOwned | Should -BeTrue
    }

    It 'asks the firmware with -UsePPI, and reports if there is none' {
        (Get-Problem { Clear-Tpm -UsePPI -Confirm:$false }).Exception.Symbol | Should -Be 'TBS_E_PPI_NOT_SUPPORTED'
        Clear-Tpm -UsePPI -WhatIf
        (Get-Tpm).TpmOwned | Should -BeTrue
    }
}
