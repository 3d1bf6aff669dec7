function Get-TpmProvisioningState {
    <#
    .SYNOPSIS
        Shows what is still needed until the TPM is provisioned.
    .DESCRIPTION
        Shows the provisioning information bits of Windows' Win32_Tpm.Provision as a number and by name, and whether the
        machine must be restarted or the TPM cleared. Changes nothing.
    .EXAMPLE
        Get-TpmProvisioningState

        Shows what is missing.
    .EXAMPLE
        (Get-TpmProvisioningState).Needs

        Lists it by name.
    .INPUTS
        None
    .OUTPUTS
        TpmTbs.ProvisioningState
    .LINK
        Initialize-Tpm
    #>
    [CmdletBinding()]
    [OutputType('TpmTbs.ProvisioningState')]
    param()
    Invoke-TbsRpc $PSCmdlet 'tpm/provisioning'
}
