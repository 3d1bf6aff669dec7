function Get-TpmOwnerAuth {
    <#
    .SYNOPSIS
        Gives an owner authorization that is kept on this machine.
    .DESCRIPTION
        Gives what Tbsi_Get_OwnerAuth gives, as base64 text: Full on both versions; Admin, User and Endorsement, the
        delegations of a TPM 1.2 (20 bytes of authorization value, then the TPM_DELEGATE_OWNER_BLOB); Endorsement20 and
        Storage20, the authorization values of a TPM 2.0's hierarchies. What the level in force does not keep is not
        found (TbsOwnerAuthNotFound). Standard users may read User only.
    .PARAMETER Type
        Which one.
    .PARAMETER AsSecureString
        Gives it as a SecureString.
    .EXAMPLE
        Get-TpmOwnerAuth

        Gives the full owner authorization.
    .EXAMPLE
        Get-TpmOwnerAuth -Type Storage20 -AsSecureString

        Gives the storage hierarchy's, not to be seen.
    .INPUTS
        None
    .OUTPUTS
        System.String
    .LINK
        Get-TpmAuthLevel
    .LINK
        Import-TpmOwnerAuth
    #>
    [CmdletBinding()]
    [OutputType('System.String')]
    param(
        [Parameter(Position = 0)]
        [ValidateSet('Full', 'Admin', 'User', 'Endorsement', 'Endorsement20', 'Storage20')]
        [string]$Type = 'Full',

        [switch]$AsSecureString
    )
    $answer = Invoke-TbsRpc $PSCmdlet 'ownerAuth/get' @{ type = $Type } $Type
    if (-not $AsSecureString) { return $answer.OwnerAuth }
    $secure = [securestring]::new()
    foreach ($character in $answer.OwnerAuth.ToCharArray()) { $secure.AppendChar($character) }
    $secure.MakeReadOnly()
    $secure
}
