function Unblock-Tpm {
    <#
    .SYNOPSIS
        Resets the lockout of the TPM.
    .DESCRIPTION
        Resets the TPM's own dictionary-attack logic and then forgets the authorization failures of standard users.
        While the TPM is locked out a wrong owner authorization takes the reset away for the whole recovery time: it is
        tried exactly once. For administrators.
    .PARAMETER OwnerAuthorization
        The owner authorization in force: base64 text as ConvertTo-TpmOwnerAuth gives, or a SecureString of it. Unless
        given, the one that the broker keeps is used. A wrong one is tried exactly once.
    .PARAMETER File
        An owner-password file (.tpm) that holds it.
    .PARAMETER Prompt
        Asks for the owner password, which is then in no history.
    .EXAMPLE
        Unblock-Tpm

        Resets it with the owner authorization that is kept.
    .EXAMPLE
        Unblock-Tpm -Prompt

        Asks for the owner password.
    .INPUTS
        System.String, System.Security.SecureString
    .OUTPUTS
        TpmTbs.Tpm
    .LINK
        Get-Tpm
    .LINK
        Reset-TbsLockout
    #>
    [CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'Medium', DefaultParameterSetName = 'OwnerAuthorization')]
    [OutputType('TpmTbs.Tpm')]
    param(
        [Parameter(Position = 0, ParameterSetName = 'OwnerAuthorization', ValueFromPipeline)]
        [Alias('o')]
        [ValidateNotNullOrEmpty()]
        $OwnerAuthorization,

        [Parameter(Mandatory, ParameterSetName = 'File')]
        [ValidateNotNullOrEmpty()]
        [string]$File,

        [Parameter(Mandatory, ParameterSetName = 'Prompt')]
        [switch]$Prompt
    )
    process {
        if (-not $PSCmdlet.ShouldProcess('TPM', 'Reset the lockout')) { return }
        $auth = Resolve-TpmOwnerAuth $PSCmdlet $OwnerAuthorization $File $Prompt
        [void](Invoke-TbsRpc $PSCmdlet 'tpm/unblock' (Get-TpmAuthParameter $auth))
        Invoke-TbsRpc $PSCmdlet 'tpm/get'
    }
}
