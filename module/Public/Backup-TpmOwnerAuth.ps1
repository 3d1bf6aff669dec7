function Backup-TpmOwnerAuth {
    <#
    .SYNOPSIS
        Backs the owner authorization up to AD DS.
    .DESCRIPTION
        Writes the owner authorization to the directory now: what an earlier change has left pending, the value given,
        or the one that is kept. For administrators.
    .PARAMETER OwnerAuthorization
        The owner authorization in force: base64 text as ConvertTo-TpmOwnerAuth gives, or a SecureString of it. Unless
        given, the one that the broker keeps is used. A wrong one is tried exactly once.
    .PARAMETER File
        An owner-password file (.tpm) that holds it.
    .PARAMETER Prompt
        Asks for the owner password, which is then in no history.
    .EXAMPLE
        Backup-TpmOwnerAuth

        Backs up what is kept.
    .EXAMPLE
        Backup-TpmOwnerAuth -File ./owner.tpm

        Backs up the value of a file, after one try on the TPM.
    .INPUTS
        None
    .OUTPUTS
        TpmTbs.OwnerAuthBackup
    .LINK
        Test-TpmOwnerAuthBackup
    .LINK
        Get-TpmOwnerAuthBackup
    #>
    [CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'Medium', DefaultParameterSetName = 'OwnerAuthorization')]
    [OutputType('TpmTbs.OwnerAuthBackup')]
    param(
        [Parameter(Position = 0, ParameterSetName = 'OwnerAuthorization')]
        [ValidateNotNullOrEmpty()]
        $OwnerAuthorization,

        [Parameter(Mandatory, ParameterSetName = 'File')]
        [ValidateNotNullOrEmpty()]
        [string]$File,

        [Parameter(Mandatory, ParameterSetName = 'Prompt')]
        [switch]$Prompt
    )
    if (-not $PSCmdlet.ShouldProcess('owner authorization', 'Back up to AD DS')) { return }
    $auth = Resolve-TpmOwnerAuth $PSCmdlet $OwnerAuthorization $File $Prompt
    Invoke-TbsRpc $PSCmdlet 'ownerAuthBackup/run' (Get-TpmAuthParameter $auth)
}
