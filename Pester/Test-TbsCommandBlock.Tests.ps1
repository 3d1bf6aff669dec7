BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
    $broker = Connect-SharedBroker
}

Describe 'Test-TbsCommandBlock' {
    It 'reports why a command is blocked and what would lift the block' {
        $verdict = Test-TbsCommandBlock TPM2_Clear -Class StandardUser
        $verdict.Blocked | Should -BeTrue
        $verdict.Class | Should -Be 'StandardUser'
        $verdict.Reason | Should -Not -BeNullOrEmpty
        $verdict.LiftedBy | Should -BeLike '*Grant-TbsCommand*'
    }

    It 'answers for the caller''s own class by default' {
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

    It 'passes on its argument, whatever characters it has' {
        $text = "Gr$([char]0xFC)$([char]0xDF)e `"\ $([char]0x4E16)`t$([char]0xD83D)$([char]0xDE42)"
        Test-TbsCommandBlock $text -ErrorVariable problem -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        # The message quotes it as JSON does.
        $quoted = $text.Replace('\', '\\').Replace('"', '\"').Replace("`t", '\t')
        "$($problem[0])".Contains($quoted) | Should -BeTrue
    }

    It 'accepts names, codes and objects from the pipeline' {
        @('TPM2_GetRandom', '0x126', 379 | Test-TbsCommandBlock).Name | Should -Be @('TPM2_GetRandom', 'TPM2_Clear', 'TPM2_GetRandom')
        (Get-TbsCommandBlock TPM2_Clear | Test-TbsCommandBlock).Name | Should -Be 'TPM2_Clear'
    }

    It 'keeps the lockout hierarchy from standard users by its handle' {
        (Test-TbsCommandBlock TPM2_PolicySecret -Class StandardUser).Blocked | Should -BeFalse
        (Test-TbsCommandBlock TPM2_PolicySecret -Class StandardUser -Handle 0x4000000A).Blocked | Should -BeTrue
    }

    It 'writes an error for an unknown command' {
        Test-TbsCommandBlock TPM2_Nonsense -ErrorAction SilentlyContinue -ErrorVariable problem
        $problem[0].FullyQualifiedErrorId | Should -Be 'TbsBadParameter,TpmTbs.Cmdlets.TestTbsCommandBlockCommand'
    }
}

Describe 'Test-TbsCommandBlock on a machine whose domain blocks a command' {
    BeforeAll {
        # As the Samba extension delivers it: a Registry.pol (PReg, version 1: [key;value;type;size;data] in UTF-16LE) and
        # a manifest that says which GPO it came from.
        $units = [Text.Encoding]::Unicode
        function New-RegistryValue([string]$Key, [string]$Name, [int]$Type, [byte[]]$Data) {
            $units.GetBytes("[$Key`0;$Name`0;") + [BitConverter]::GetBytes($Type) + $units.GetBytes(';') +
                [BitConverter]::GetBytes($Data.Length) + $units.GetBytes(';') + $Data + $units.GetBytes(']')
        }
        $key = 'Software\Policies\Microsoft\Tpm\BlockedCommands'
        $registryPol = [byte[]](0x50, 0x52, 0x65, 0x67, 1, 0, 0, 0) +
            (New-RegistryValue $key 'Enabled' 4 @(1, 0, 0, 0)) + (New-RegistryValue "$key\List" '294' 1 $units.GetBytes("294`0"))
        $folder = [IO.Path]::Combine([IO.Path]::GetTempPath(), 'tbs-gpo-' + [guid]::NewGuid().ToString('N'))
        [IO.Directory]::CreateDirectory($folder) | Out-Null
        [IO.File]::WriteAllBytes("$folder/Registry.pol", $registryPol)
        $gpo = @{
            order = 1; guid = '{6AC1786C-016F-11D2-945F-00C04FB984F9}'; name = 'Laptops'; link = 'OU=Laptops,DC=example,DC=com'
            enforced = $false; entries = 2; problems = @()
        }
        $manifest = @{
            version = 1; writtenBy = 'samba'; state = 'applied'; time = [datetime]::UtcNow.ToString('o'); gpos = @(, $gpo)
            registryPol = @{ sha256 = (Get-FileHash "$folder/Registry.pol").Hash.ToLowerInvariant() }
        }
        [IO.File]::WriteAllText("$folder/manifest.json", (ConvertTo-Json $manifest -Depth 5))
        $ofDomain = Connect-PrivateBroker @{
            policy = @{ folder = "$folder/policy.d"; groupPolicy = @(, @{ kind = 'samba'; folder = $folder }) }
        }
    }
    AfterAll {
        Disconnect-PrivateBroker $ofDomain
        [IO.Directory]::Delete($folder, $true)
    }

    It 'names the GPO that blocks it, and who can change the GPO' {
        $verdict = Test-TbsCommandBlock TPM2_Clear -Class Administrator
        $verdict.Blocked | Should -BeTrue
        $verdict.DecidingList | Should -Be 'policy'
        "$($verdict.LiftedBy)" | Should -BeLike '*Laptops*'
        "$($verdict.LiftedBy)" | Should -BeLike '*Administrators of the domain*Set-TbsPolicy has no effect*'
        "$($verdict.Statements.Source)" | Should -BeLike '*Laptops*'
    }
}
