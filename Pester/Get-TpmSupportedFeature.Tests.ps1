BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
    $broker = Connect-SharedBroker
}

Describe 'Get-TpmSupportedFeature' {
    It 'gives the name as Windows spells it, however it was asked' {
        Get-TpmSupportedFeature -FeatureList 'Key Attestation' | Should -BeExactly 'key attestation'
    }

    It 'gives those of the asked features that there are' {
        Get-TpmSupportedFeature -FeatureList 'key attestation', 'no such feature' | Should -Be 'key attestation'
        'no such feature' | Get-TpmSupportedFeature | Should -BeNullOrEmpty
        Get-TpmSupportedFeature | Should -Contain 'key attestation'
    }

    It 'completes names of features, in quotes' {
        $line = 'Get-TpmSupportedFeature k'
        (TabExpansion2 -inputScript $line -cursorColumn $line.Length).CompletionMatches.CompletionText | Should -Be "'key attestation'"
    }
}
