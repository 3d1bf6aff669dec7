function Get-TpmLockoutParameter {
    <#
    .SYNOPSIS
        Shows the parameters of the TPM's own lockout.
    .DESCRIPTION
        Shows after how many failed tries the TPM locks itself, after how many seconds it forgets one, and how long it
        refuses the owner after a wrong lockout authorization; empty where the TPM does not tell.
    .EXAMPLE
        Get-TpmLockoutParameter

        Shows them.
    .INPUTS
        None
    .OUTPUTS
        TpmTbs.LockoutParameter
    .LINK
        Set-TpmLockoutParameter
    .LINK
        Get-Tpm
    #>
    [CmdletBinding()]
    [OutputType('TpmTbs.LockoutParameter')]
    param()
    Invoke-TbsRpc $PSCmdlet 'tpmLockoutParameters/get'
}
