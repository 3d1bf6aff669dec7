# Lists stand without @( ), for which the engine compiles a rule at each import.
@{
    RootModule           = 'module/TpmTbs.psm1'
    NestedModules        = if ($PSEdition -eq 'Core') { 'module/bin/net8.0/TpmTbs.dll' } else { 'module/bin/net472/TpmTbs.dll' }
    ModuleVersion        = '0.1.0'
    GUID                 = '0b8f7a52-5b0e-4f5e-9d5d-6f2c1b6e4a11'
    Author               = 'TpmTbs contributors'
    Copyright            = '(c) TpmTbs contributors. MIT license.'
    Description          = 'TPM Base Services for machines that Windows'' TBS does not reach: command blocking, lockout, policy and TPM commands through the broker tbsd.'
    CompatiblePSEditions = 'Core', 'Desktop'
    PowerShellVersion    = '5.1'
    FormatsToProcess     = , 'module/TpmTbs.format.ps1xml'
    # The files of module/Public, written by tools/build-module.mjs.
    FunctionsToExport    =
        'Backup-TpmOwnerAuth',
        'ConvertTo-TpmOwnerAuth',
        'Disable-TpmAutoProvisioning',
        'Enable-TpmAutoProvisioning',
        'Get-Tpm',
        'Get-TpmAuthLevel',
        'Get-TpmEndorsementKeyInfo',
        'Get-TpmLockoutParameter',
        'Get-TpmOwnerAuth',
        'Get-TpmOwnerAuthBackup',
        'Get-TpmProvisioningState',
        'Get-TpmSupportedFeature',
        'Import-TpmOwnerAuth',
        'Initialize-Tpm',
        'Set-TpmAuthLevel',
        'Set-TpmLockoutParameter',
        'Set-TpmOwnerAuth',
        'Test-TpmOwnerAuthBackup',
        'Unblock-Tpm'
    # The files of module/src/Cmdlets, written by tools/build-module.mjs.
    CmdletsToExport      =
        'Add-TbsCommandBlock',
        'Clear-Tpm',
        'Export-TbsPolicy',
        'Export-TbsPolicyReport',
        'Get-TbsCommandBlock',
        'Get-TbsContext',
        'Get-TbsDeviceInfo',
        'Get-TbsEvent',
        'Get-TbsLockout',
        'Get-TbsPolicy',
        'Get-TbsResource',
        'Get-TbsStatus',
        'Get-TpmEventLog',
        'Get-TpmPhysicalPresence',
        'Grant-TbsCommand',
        'Import-TbsPolicy',
        'New-TbsContext',
        'Remove-TbsCommandBlock',
        'Remove-TbsContext',
        'Remove-TbsResource',
        'Request-TpmPhysicalPresence',
        'Reset-TbsLockout',
        'Revoke-TbsCommand',
        'Set-TbsPolicy',
        'Start-TbsService',
        'Stop-TbsService',
        'Submit-TbsCommand',
        'Test-TbsCommandBlock',
        'Test-TbsPolicy',
        'Test-TpmEventLog',
        'Update-TbsPolicy'
    VariablesToExport    = @()
    AliasesToExport      = @()
    PrivateData          = @{
        PSData = @{
            Tags = 'TPM', 'TBS', 'Security', 'Linux'
        }
    }
}
