function Get-TpmPhysicalPresence {
    <#
    .SYNOPSIS
        Shows the firmware's physical presence interface: what waits, what it did, what it offers.
    .DESCRIPTION
        Gives the interface's version, the request that waits for the next boot and what carries it out, the result of the
        last request, and each operation that the platform offers with what the platform does with it: UserRequired,
        UserNotRequired, BlockedByFirmwareSettings or FirmwareOnly; Unknown where the firmware cannot be asked. A platform without the interface is an error
        (TBS_E_PPI_NOT_SUPPORTED).
    .EXAMPLE
        Get-TpmPhysicalPresence

        Shows the state.
    .EXAMPLE
        (Get-TpmPhysicalPresence).Operations | Where-Object Confirmation -like User*

        Lists what can be requested.
    .INPUTS
        None
    .OUTPUTS
        TpmTbs.PhysicalPresence
    .LINK
        Request-TpmPhysicalPresence
    #>
    [CmdletBinding()]
    [OutputType('TpmTbs.PhysicalPresence')]
    param()
    Invoke-TbsRpc $PSCmdlet 'physicalPresence/get'
}
