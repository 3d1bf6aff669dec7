BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
    $broker = Connect-SharedBroker
}

Describe 'ConvertTo-TpmOwnerAuth' {
    It 'returns the base64 of the SHA-1 of the passphrase in UTF-16LE' {
        ConvertTo-TpmOwnerAuth -PassPhrase '1Sample' | Should -Be '1euIs20Or/60b0ehnTqoX4cMis8='
        ConvertTo-TpmOwnerAuth '' | Should -Be '2jmj7l5rSw0yVb/vlWAYkK/YBwk='
    }

    It 'accepts the passphrase from the pipeline and as a SecureString' {
        $secure = [securestring]::new()
        foreach ($character in '1Sample'.ToCharArray()) { $secure.AppendChar($character) }
        '1Sample', $secure | ConvertTo-TpmOwnerAuth | Should -Be @('1euIs20Or/60b0ehnTqoX4cMis8=', '1euIs20Or/60b0ehnTqoX4cMis8=')
    }

    It 'refuses <what>, whose text is only the name of its type' -TestCases @(
        @{ what = 'a credential'; given = [pscredential]::new('owner', [securestring]::new()) }
        @{ what = 'a hashtable'; given = @{ password = '1Sample' } }
    ) {
        { ConvertTo-TpmOwnerAuth $given } | Should -Throw '*text or a SecureString*' -ErrorId 'TbsBadParameter,*'
    }
}
