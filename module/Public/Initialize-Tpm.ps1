function Initialize-Tpm {
    <#
    .SYNOPSIS
        Provisions the TPM.
    .DESCRIPTION
        Does what is still missing: endorsement key, storage root key, owner authorization, dictionary-attack
        parameters. Every step can be repeated. Gives what is still needed afterwards. An owner authorization that the
        level in force does not keep, and no backup takes, is known to nobody afterwards; an event says so. Without the
        two switches nothing that is in the TPM is lost. For administrators.
    .PARAMETER AllowClear
        Permits that the TPM is cleared where nothing else makes it usable: with the owner authorization that is kept, or,
        with -AllowPhysicalPresence, by the firmware. Every key and secret in it is lost then.
    .PARAMETER AllowPhysicalPresence
        Permits that the firmware is asked to enable the TPM (1.2), or with -AllowClear to clear it, which a person at the
        machine confirms at its next start. RestartRequired or ShutdownRequired say that it was asked.
    .EXAMPLE
        Initialize-Tpm

        Provisions the TPM and shows what is still needed.
    .EXAMPLE
        Initialize-Tpm -AllowClear -AllowPhysicalPresence

        Has a TPM cleared whose owner nobody knows; a person confirms it at the next start.
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
        [Parameter(Position = 0)]
        [Alias('c')]
        [switch]$AllowClear,

        [Parameter(Position = 1)]
        [Alias('p')]
        [switch]$AllowPhysicalPresence
    )
    $action = 'Provision: set missing authorizations and keys'
    if ($AllowClear) { $action += '; clear it where nothing else helps, and then every key and secret in it is lost' }
    if (-not $PSCmdlet.ShouldProcess('TPM', $action)) { return }
    Invoke-TbsRpc $PSCmdlet 'tpm/initialize' @{ allowClear = [bool]$AllowClear; allowPhysicalPresence = [bool]$AllowPhysicalPresence }
}
