function Enable-TpmAutoProvisioning {
    <#
    .SYNOPSIS
        Turns automatic provisioning of the TPM on.
    .DESCRIPTION
        The broker provisions the TPM at each start as Initialize-Tpm does, while something is missing. For
        administrators.
    .EXAMPLE
        Enable-TpmAutoProvisioning

        Turns it on.
    .EXAMPLE
        Enable-TpmAutoProvisioning -WhatIf

        Changes nothing.
    .INPUTS
        None
    .OUTPUTS
        TpmTbs.Tpm
    .LINK
        Disable-TpmAutoProvisioning
    .LINK
        Initialize-Tpm
    #>
    [CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'Medium')]
    [OutputType('TpmTbs.Tpm')]
    param()
    if (-not $PSCmdlet.ShouldProcess('automatic provisioning', 'Turn on')) { return }
    [void](Invoke-TbsRpc $PSCmdlet 'autoProvisioning/set' @{ autoProvisioning = 'Enabled' })
    Invoke-TbsRpc $PSCmdlet 'tpm/get'
}
