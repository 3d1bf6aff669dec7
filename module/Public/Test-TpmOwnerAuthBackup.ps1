function Test-TpmOwnerAuthBackup {
    <#
    .SYNOPSIS
        Tests whether the owner authorization can be backed up to AD DS.
    .DESCRIPTION
        Reaches the directory, signs in, checks schema and rights, and changes nothing. Gives the server and where the
        value would be written; an error says what is wrong, in Details.Reason: notJoined, noServer, wrongCredentials,
        schemaMissing, noRight, timeout, tls or clockSkew. For administrators.
    .EXAMPLE
        Test-TpmOwnerAuthBackup

        Tests the way to the directory.
    .INPUTS
        None
    .OUTPUTS
        TpmTbs.OwnerAuthBackupCheck
    .LINK
        Backup-TpmOwnerAuth
    #>
    [CmdletBinding()]
    [OutputType('TpmTbs.OwnerAuthBackupCheck')]
    param()
    Invoke-TbsRpc $PSCmdlet 'ownerAuthBackup/test'
}
