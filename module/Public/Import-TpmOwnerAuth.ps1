function Import-TpmOwnerAuth {
    <#
    .SYNOPSIS
        Keeps an owner authorization on this machine.
    .DESCRIPTION
        Gives the broker an owner authorization that the TPM has, to be kept as the level in force allows. It is tried
        on the TPM exactly once. For administrators.
    .PARAMETER OwnerAuthorization
        The owner authorization in force: base64 text as ConvertTo-TpmOwnerAuth gives, or a SecureString of it. A
        wrong one is tried exactly once and is not kept.
    .PARAMETER File
        An owner-password file (.tpm) that holds it.
    .PARAMETER Prompt
        Asks for the owner password, which is then in no history.
    .EXAMPLE
        Import-TpmOwnerAuth -File ./owner.tpm

        Imports it from an owner-password file.
    .EXAMPLE
        Import-TpmOwnerAuth -Prompt

        Asks for the owner password.
    .INPUTS
        System.String, System.Security.SecureString
    .OUTPUTS
        TpmTbs.Tpm
    .LINK
        Get-TpmAuthLevel
    #>
    [CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'Medium', DefaultParameterSetName = 'OwnerAuthorization')]
    [OutputType('TpmTbs.Tpm')]
    param(
        [Parameter(Mandatory, Position = 0, ParameterSetName = 'OwnerAuthorization', ValueFromPipeline)]
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
        if (-not $PSCmdlet.ShouldProcess('owner authorization', 'Import')) { return }
        $auth = Resolve-TpmOwnerAuth $PSCmdlet $OwnerAuthorization $File $Prompt
        [void](Invoke-TbsRpc $PSCmdlet 'ownerAuth/import' @{ ownerAuth = $auth })
        Invoke-TbsRpc $PSCmdlet 'tpm/get'
    }
}
