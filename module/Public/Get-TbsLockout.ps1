function Get-TbsLockout {
    <#
    .SYNOPSIS
        Shows the authorization failures of standard users and who is locked out.
    .DESCRIPTION
        Shows the thresholds, the window, the failures of all standard users together, and for each user the failures
        that count, whether the user is locked out, and when that ends. Administrators see everybody, others themselves.
    .PARAMETER User
        Only these users, by key (uid:1000), name or wildcard; gives one object a user.
    .EXAMPLE
        Get-TbsLockout

        Shows thresholds, totals and users.
    .EXAMPLE
        Get-TbsLockout -User alice

        Shows one user's failures and when each stops to count.
    .INPUTS
        None
    .OUTPUTS
        TpmTbs.Lockout, or with -User TpmTbs.UserLockout
    .LINK
        Reset-TbsLockout
    #>
    [CmdletBinding()]
    [OutputType('TpmTbs.Lockout', 'TpmTbs.UserLockout')]
    param(
        [ArgumentCompleter({ & (Get-Module TpmTbs) { Complete-TbsUser $args[0] } $args[2] })]
        [string[]]$User
    )
    if ($User -isnot [array]) { return Invoke-TbsRpc -Cmdlet $PSCmdlet -Method 'lockout/get' }
    $users = (Invoke-TbsRpc $PSCmdlet 'lockout/get').Users
    foreach ($pattern in $User) {
        foreach ($one in $users) {
            if ($one.UserKey -like $pattern -or ($one.UserName -and $one.UserName -like $pattern)) { $one }
        }
    }
}
