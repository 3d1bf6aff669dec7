function Initialize-Tpm {
    <#
    .SYNOPSIS
        Provisions the TPM.
    .DESCRIPTION
        Does what is still missing: endorsement key, storage root key, owner authorization, dictionary-attack
        parameters. Every step can be repeated. Gives what is still needed afterwards. What the level of owner
        authorization does not keep and no backup takes is not set: then Set-TpmOwnerAuth sets a value of yours. For
        administrators.
    .PARAMETER AllowClear
        Permits that the TPM is cleared where nothing else makes it usable. The broker has no way to clear a TPM whose
        owner authorization it does not know: ClearRequired then says that the firmware must.
    .PARAMETER AllowPhysicalPresence
        Permits prompts of the firmware at the next start, for what needs physical presence.
    .EXAMPLE
        Initialize-Tpm

        Provisions the TPM and shows what is still needed.
    .EXAMPLE
        Initialize-Tpm -WhatIf

        Changes nothing.
    .INPUTS
        None
    .OUTPUTS
        TpmTbs.ProvisioningState
    .LINK
        Get-TpmProvisioningState
    .LINK
        Get-Tpm
    #>
    [CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'Medium')]
    [OutputType('TpmTbs.ProvisioningState')]
    param(
        [switch]$AllowClear,

        [switch]$AllowPhysicalPresence
    )
    if (-not $PSCmdlet.ShouldProcess('TPM', 'Provision: set missing authorizations and keys')) { return }
    $state = Invoke-TbsRpc $PSCmdlet 'tpm/initialize'
    if (-not $state.ClearRequired -or -not $AllowClear -or -not $AllowPhysicalPresence) { return $state }
    # Clear, enable and activate again.
    [void](Request-TpmPhysicalPresence -Operation 22 -Confirm:$false)
    $state
}
