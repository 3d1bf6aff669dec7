BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
    $broker = Connect-SharedBroker
}

Describe 'Test-TbsCommandBlock' {
    It 'tells why a command is blocked and what would lift that' {
        $verdict = Test-TbsCommandBlock TPM2_Clear -Class StandardUser
        $verdict.Blocked | Should -BeTrue
        $verdict.Class | Should -Be 'StandardUser'
        $verdict.Reason | Should -Not -BeNullOrEmpty
        $verdict.LiftedBy | Should -BeLike '*Grant-TbsCommand*'
    }

    It 'answers for the own class unless told otherwise' {
        (Test-TbsCommandBlock TPM2_GetRandom).Class | Should -Be (Get-TbsStatus).Caller.CallerClass
    }

    It 'names the local list while the command is on it' {
        Add-TbsCommandBlock TPM2_SelfTest | Out-Null
        try {
            $verdict = Test-TbsCommandBlock TPM2_SelfTest
            $verdict.DecidingList | Should -Be 'local'
            $verdict.LiftedBy | Should -BeLike '*Remove-TbsCommandBlock*'
        }
        finally { Remove-TbsCommandBlock TPM2_SelfTest | Out-Null }
        (Test-TbsCommandBlock TPM2_SelfTest).Blocked | Should -BeFalse
    }

    It 'asks for what it is given, whatever characters that has' {
        $text = "Gr$([char]0xFC)$([char]0xDF)e `"\ $([char]0x4E16)`t$([char]0xD83D)$([char]0xDE42)"
        Test-TbsCommandBlock $text -ErrorVariable problem -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        # The message quotes it as JSON does.
        $quoted = $text.Replace('\', '\\').Replace('"', '\"').Replace("`t", '\t')
        "$($problem[0])".Contains($quoted) | Should -BeTrue
    }

    It 'takes names, codes and objects from the pipeline' {
        @('TPM2_GetRandom', '0x126', 379 | Test-TbsCommandBlock).Name | Should -Be @('TPM2_GetRandom', 'TPM2_Clear', 'TPM2_GetRandom')
        (Get-TbsCommandBlock TPM2_Clear | Test-TbsCommandBlock).Name | Should -Be 'TPM2_Clear'
    }

    It 'keeps the lockout hierarchy from standard users by its handle' {
        (Test-TbsCommandBlock TPM2_PolicySecret -Class StandardUser).Blocked | Should -BeFalse
        (Test-TbsCommandBlock TPM2_PolicySecret -Class StandardUser -Handle 0x4000000A).Blocked | Should -BeTrue
    }

    It 'writes an error for what is no command' {
        Test-TbsCommandBlock TPM2_Nonsense -ErrorAction SilentlyContinue -ErrorVariable problem
        $problem[0].FullyQualifiedErrorId | Should -Be 'TbsBadParameter,TpmTbs.Cmdlets.TestTbsCommandBlockCommand'
    }
}
