function Disable-TpmAutoProvisioning {
    <#
    .SYNOPSIS
        Turns automatic provisioning of the TPM off.
    .DESCRIPTION
        The broker does not provision the TPM at its start, from now on or only at the next start of the machine. For
        administrators.
    .PARAMETER OnlyForNextRestart
        Off for the next start of the machine only.
    .EXAMPLE
        Disable-TpmAutoProvisioning

        Turns it off.
    .EXAMPLE
        Disable-TpmAutoProvisioning -WhatIf

        Changes nothing.
    .INPUTS
        None
    .OUTPUTS
        TpmTbs.Tpm
    .LINK
        Enable-TpmAutoProvisioning
    .LINK
        Initialize-Tpm
    #>
    [CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'Medium')]
    [OutputType('TpmTbs.Tpm')]
    param(
        [switch]$OnlyForNextRestart
    )
    $value = if ($OnlyForNextRestart) { 'DisabledForNextBoot' } else { 'Disabled' }
    if (-not $PSCmdlet.ShouldProcess('automatic provisioning', "Set to $value")) { return }
    [void](Invoke-TbsRpc $PSCmdlet 'autoProvisioning/set' @{ autoProvisioning = $value })
    Invoke-TbsRpc $PSCmdlet 'tpm/get'
}
