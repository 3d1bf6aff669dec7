# Lists stand without @( ), for which the engine compiles a rule at each import.
@{
    NestedModules        = if ($PSEdition -eq 'Core') { 'module/bin/net8.0/TpmTbs.dll' } else { 'module/bin/net472/TpmTbs.dll' }
    ModuleVersion        = '0.1.0'
    GUID                 = '0b8f7a52-5b0e-4f5e-9d5d-6f2c1b6e4a11'
    Author               = 'TpmTbs contributors'
    Copyright            = '(c) TpmTbs contributors. MIT license.'
    Description          = 'TPM Base Services for machines that Windows'' TBS does not reach: command blocking, lockout, policy and TPM commands through the broker tbsd.'
    CompatiblePSEditions = 'Core', 'Desktop'
    PowerShellVersion    = '5.1'
    FormatsToProcess     = , 'module/TpmTbs.format.ps1xml'
    FunctionsToExport    = @()
    # The files of module/src/Cmdlets, written by tools/build-module.mjs. Windows has some of the names in its own module
    # TrustedPlatformModule, which keeps them there.
    CmdletsToExport      = if ($env:OS -eq 'Windows_NT') {
        'Add-TbsCommandBlock',
        'Backup-TpmOwnerAuth',
        'Export-TbsPolicy',
        'Export-TbsPolicyReport',
        'Export-TbsReport',
        'Get-TbsCommandBlock',
        'Get-TbsContext',
        'Get-TbsDeviceInfo',
        'Get-TbsEvent',
        'Get-TbsEventAction',
        'Get-TbsLockout',
        'Get-TbsPolicy',
        'Get-TbsResource',
        'Get-TbsStatus',
        'Get-TpmAuthLevel',
        'Get-TpmEventLog',
        'Get-TpmLockoutParameter',
        'Get-TpmOwnerAuth',
        'Get-TpmOwnerAuthBackup',
        'Get-TpmPhysicalPresence',
        'Get-TpmProvisioningState',
        'Grant-TbsCommand',
        'Import-TbsPolicy',
        'New-TbsContext',
        'Open-TpmHierarchy',
        'Register-TbsEventAction',
        'Remove-TbsCommandBlock',
        'Remove-TbsContext',
        'Remove-TbsResource',
        'Request-TpmPhysicalPresence',
        'Reset-TbsLockout',
        'Revoke-TbsCommand',
        'Set-TbsPolicy',
        'Set-TpmAuthLevel',
        'Set-TpmLockoutParameter',
        'Start-TbsService',
        'Stop-TbsService',
        'Submit-TbsCommand',
        'Test-TbsCommandBlock',
        'Test-TbsEventAction',
        'Test-TbsPolicy',
        'Test-TpmEventLog',
        'Test-TpmOwnerAuthBackup',
        'Unregister-TbsEventAction',
        'Update-TbsPolicy',
        'Watch-Tbs'
    }
    else {
        'Add-TbsCommandBlock',
        'Backup-TpmOwnerAuth',
        'Clear-Tpm',
        'ConvertTo-TpmOwnerAuth',
        'Disable-TpmAutoProvisioning',
        'Enable-TpmAutoProvisioning',
        'Export-TbsPolicy',
        'Export-TbsPolicyReport',
        'Export-TbsReport',
        'Get-TbsCommandBlock',
        'Get-TbsContext',
        'Get-TbsDeviceInfo',
        'Get-TbsEvent',
        'Get-TbsEventAction',
        'Get-TbsLockout',
        'Get-TbsPolicy',
        'Get-TbsResource',
        'Get-TbsStatus',
        'Get-Tpm',
        'Get-TpmAuthLevel',
        'Get-TpmEndorsementKeyInfo',
        'Get-TpmEventLog',
        'Get-TpmLockoutParameter',
        'Get-TpmOwnerAuth',
        'Get-TpmOwnerAuthBackup',
        'Get-TpmPhysicalPresence',
        'Get-TpmProvisioningState',
        'Get-TpmSupportedFeature',
        'Grant-TbsCommand',
        'Import-TbsPolicy',
        'Import-TpmOwnerAuth',
        'Initialize-Tpm',
        'New-TbsContext',
        'Open-TpmHierarchy',
        'Register-TbsEventAction',
        'Remove-TbsCommandBlock',
        'Remove-TbsContext',
        'Remove-TbsResource',
        'Request-TpmPhysicalPresence',
        'Reset-TbsLockout',
        'Revoke-TbsCommand',
        'Set-TbsPolicy',
        'Set-TpmAuthLevel',
        'Set-TpmLockoutParameter',
        'Set-TpmOwnerAuth',
        'Start-TbsService',
        'Stop-TbsService',
        'Submit-TbsCommand',
        'Test-TbsCommandBlock',
        'Test-TbsEventAction',
        'Test-TbsPolicy',
        'Test-TpmEventLog',
        'Test-TpmOwnerAuthBackup',
        'Unblock-Tpm',
        'Unregister-TbsEventAction',
        'Update-TbsPolicy',
        'Watch-Tbs'
    }
    VariablesToExport    = @()
    AliasesToExport      = @()
    PrivateData          = @{
        PSData = @{
            Tags = 'TPM', 'TBS', 'Security', 'Linux'
        }
    }
}
