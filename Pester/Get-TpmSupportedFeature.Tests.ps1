BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
    $broker = Connect-SharedBroker
}

Describe 'Get-TpmSupportedFeature' {
    It 'returns the name in Windows'' spelling, whatever the spelling of the question' {
        Get-TpmSupportedFeature -FeatureList 'Key Attestation' | Should -BeExactly 'key attestation'
    }

    It 'returns the requested features that the TPM supports' {
        Get-TpmSupportedFeature -FeatureList 'key attestation', 'no such feature' | Should -Be 'key attestation'
        'no such feature' | Get-TpmSupportedFeature | Should -BeNullOrEmpty
        Get-TpmSupportedFeature | Should -Contain 'key attestation'
    }

    It 'completes names of features, in quotes' {
        $line = 'Get-TpmSupportedFeature k'
        (TabExpansion2 -inputScript $line -cursorColumn $line.Length).CompletionMatches.CompletionText | Should -Be "'key attestation'"
    }
}
