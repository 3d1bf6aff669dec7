# A small runner for test files written for Pester 5, for machines without Pester.
# Discovery: each file is executed once; Describe and Context run their bodies, It and the setup blocks are only noted.
# Run: the noted blocks are executed, each Describe, Context and It in a scope of its own inside its parent's.
# Test code runs in the session state of the script that started the runner, never in this module's.

Set-StrictMode -Version 3.0

foreach ($part in 'Blocks', 'Discovery', 'Run', 'TestDrive', 'Should', 'ValueText', 'Failure', 'Report', 'Runner') {
    . "$PSScriptRoot/$part.ps1"
}
foreach ($assertion in [IO.Directory]::GetFiles("$PSScriptRoot/Assertions", '*.ps1')) {
    . $assertion
}

Export-ModuleMember -Alias 'Context' -Function @(
    'Describe', 'It', 'BeforeDiscovery', 'BeforeAll', 'BeforeEach', 'AfterEach', 'AfterAll'
    'Should', 'Set-ItResult', 'InModuleScope', 'Invoke-PesterRunner'
)
