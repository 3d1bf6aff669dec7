function Get-Tpm {
    <#
    .SYNOPSIS
        Shows the TPM and its ownership.
    .DESCRIPTION
        Shows whether the TPM is ready, enabled and owned, what is kept of its owner authorization, and its own
        dictionary-attack state, with the properties of Windows' Get-Tpm. OwnerAuth holds the kept owner authorization
        for administrators and is not part of the default display.
    .EXAMPLE
        Get-Tpm

        Shows the TPM.
    .EXAMPLE
        (Get-Tpm).LockedOut

        Tells whether the TPM itself is locked out.
    .INPUTS
        None
    .OUTPUTS
        TpmTbs.Tpm
    .LINK
        Initialize-Tpm
    .LINK
        Unblock-Tpm
    #>
    [CmdletBinding()]
    [OutputType('TpmTbs.Tpm')]
    param()
    Invoke-TbsRpc $PSCmdlet 'tpm/get'
}
