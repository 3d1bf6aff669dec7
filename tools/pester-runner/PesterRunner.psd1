@{
    RootModule = 'PesterRunner.psm1'
    ModuleVersion = '1.0.0'
    GUID = '6d3d8f0e-5d4b-4f0e-9f06-0a4f5a3c9b11'
    Author = 'TpmTbs'
    Description = 'Runs test files written for Pester 5 where Pester is not installed.'
    PowerShellVersion = '7.2'
    FunctionsToExport = @(
        'Describe', 'It', 'BeforeDiscovery', 'BeforeAll', 'BeforeEach', 'AfterEach', 'AfterAll'
        'Should', 'Set-ItResult', 'InModuleScope', 'Invoke-PesterRunner'
    )
    CmdletsToExport = @()
    AliasesToExport = @('Context')
}
