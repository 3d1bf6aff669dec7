function Request-TpmPhysicalPresence {
    <#
    .SYNOPSIS
        Asks the firmware to carry out an operation on the TPM at the next boot.
    .DESCRIPTION
        Leaves the operation with the firmware, which carries it out at the next start of the machine, after a person there
        has confirmed it where the platform wants that. Operations are those of Windows, 0 to 22, by number or name: 5 is
        Clear, which destroys every key and secret in the TPM. 0 (None) takes back what waits. For administrators.
    .PARAMETER Operation
        The operation, by number or name. Get-TpmPhysicalPresence lists them.
    .EXAMPLE
        Request-TpmPhysicalPresence -Operation Clear -WhatIf

        Shows what would be asked for.
    .EXAMPLE
        Request-TpmPhysicalPresence -Operation 0

        Takes back the request that waits.
    .INPUTS
        None
    .OUTPUTS
        TpmTbs.PhysicalPresence
    .LINK
        Get-TpmPhysicalPresence
    #>
    [CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'High')]
    [OutputType('TpmTbs.PhysicalPresence')]
    param(
        [Parameter(Mandatory, Position = 0)]
        [ArgumentCompleter({ & (Get-Module TpmTbs) { Complete-TbsPhysicalPresenceOperation $args[0] } $args[2] })]
        [ValidateNotNullOrEmpty()]
        [string]$Operation
    )
    $number = Resolve-TbsPhysicalPresenceOperation $PSCmdlet $Operation
    $what, $action = Show-TbsPhysicalPresenceOperation $number
    if ($PSCmdlet.ShouldProcess($what, $action)) {
        Invoke-TbsRpc $PSCmdlet 'physicalPresence/request' @{ operation = $number } $Operation
    }
}
