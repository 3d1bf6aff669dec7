function Get-TpmAuthLevel {
    <#
    .SYNOPSIS
        Shows the level of owner authorization that is kept on this machine.
    .DESCRIPTION
        Shows the level in force, None (0), Delegated (2), Full (4) or LockoutOnly (5), and where it comes from: policy,
        the local setting, or the default, which is Full while AD DS backup is off and Delegated while it is on.
    .EXAMPLE
        Get-TpmAuthLevel

        Shows the level and its source.
    .INPUTS
        None
    .OUTPUTS
        TpmTbs.AuthLevel
    .LINK
        Set-TpmAuthLevel
    #>
    [CmdletBinding()]
    [OutputType('TpmTbs.AuthLevel')]
    param()
    Invoke-TbsRpc $PSCmdlet 'authLevel/get'
}
