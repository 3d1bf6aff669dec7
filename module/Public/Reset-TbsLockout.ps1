function Reset-TbsLockout {
    <#
    .SYNOPSIS
        Forgets authorization failures, so that standard users may go on.
    .DESCRIPTION
        Empties the ledger of authorization failures, of all standard users or of the users given. The TPM's own lockout
        is not touched: Unblock-Tpm resets that. For administrators.
    .PARAMETER User
        The users, by key (uid:1000) or name; all unless set.
    .EXAMPLE
        Reset-TbsLockout

        Forgets the failures of all users.
    .EXAMPLE
        Get-TbsLockout -User alice | Reset-TbsLockout

        Forgets those of one user.
    .INPUTS
        Objects with a property User or UserKey
    .OUTPUTS
        TpmTbs.Lockout
    .LINK
        Get-TbsLockout
    #>
    [CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'Medium')]
    [OutputType('TpmTbs.Lockout')]
    param(
        [Parameter(Position = 0, ValueFromPipelineByPropertyName)]
        [Alias('UserKey')]
        [ArgumentCompleter({ & (Get-Module TpmTbs) { Complete-TbsUser $args[0] } $args[2] })]
        [ValidateNotNullOrEmpty()]
        [string[]]$User
    )
    process {
        if (-not $User) {
            if ($PSCmdlet.ShouldProcess('all standard users', 'Forget authorization failures')) { Invoke-TbsRpc $PSCmdlet 'lockout/reset' }
            return
        }
        foreach ($one in $User) {
            if ($PSCmdlet.ShouldProcess($one, 'Forget authorization failures')) {
                Invoke-TbsRpc $PSCmdlet 'lockout/reset' @{ user = $one } $one PerObject
            }
        }
    }
}
