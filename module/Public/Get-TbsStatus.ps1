function Get-TbsStatus {
    <#
    .SYNOPSIS
        Shows how the broker is doing, and what an administrator should mend.
    .DESCRIPTION
        Shows the broker's state, TPM, queue, contexts, limits, endpoints and what it has learned of the TPM's speed. Warnings
        tell what weakens its governance, such as a TPM device that others can open, each with what to do.
    .EXAMPLE
        Get-TbsStatus

        Shows the broker's state and its warnings.
    .INPUTS
        None
    .OUTPUTS
        TpmTbs.Status
    .LINK
        Start-TbsService
    #>
    [CmdletBinding()]
    [OutputType('TpmTbs.Status')]
    param()
    Invoke-TbsRpc $PSCmdlet 'status/get'
}
