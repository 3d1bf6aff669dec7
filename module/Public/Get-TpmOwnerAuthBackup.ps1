function Get-TpmOwnerAuthBackup {
    <#
    .SYNOPSIS
        Shows the state of the backup to AD DS.
    .DESCRIPTION
        Shows whether the backup is off, optional or required, whether a value still waits for it, its last success with
        server and target, and its last failure with the reason. For administrators.
    .EXAMPLE
        Get-TpmOwnerAuthBackup

        Shows it.
    .EXAMPLE
        (Get-TpmOwnerAuthBackup).LastSuccess.Time

        Tells when it last succeeded.
    .INPUTS
        None
    .OUTPUTS
        TpmTbs.OwnerAuthBackup
    .LINK
        Backup-TpmOwnerAuth
    #>
    [CmdletBinding()]
    [OutputType('TpmTbs.OwnerAuthBackup')]
    param()
    Invoke-TbsRpc $PSCmdlet 'ownerAuthBackup/get'
}
