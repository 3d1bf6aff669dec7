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
}
