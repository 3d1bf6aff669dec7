function Get-TpmEventLog {
    <#
    .SYNOPSIS
        Shows what the firmware measured at this boot.
    .DESCRIPTION
        Decodes the measured-boot log, in the SHA-1 or the crypto-agile form, and gives one object an event: the PCR, the
        type by number and name, what the event says of itself, its digests and its data. A log that is missing or damaged
        is an error that names the byte. Test-TpmEventLog tells whether the log and the PCRs belong together.
    .PARAMETER Pcr
        Only the events of these PCRs.
    .PARAMETER Type
        Only events of these types, by name or wildcard.
    .EXAMPLE
        Get-TpmEventLog -Pcr 7

        Shows what was measured of Secure Boot.
    .EXAMPLE
        Get-TpmEventLog -Type EV_EFI_BOOT_SERVICES_* | Format-List

        Shows which programs the firmware started, with their digests.
    .INPUTS
        None
    .OUTPUTS
        TpmTbs.BootEvent
    .LINK
        Test-TpmEventLog
    #>
    [CmdletBinding()]
    [OutputType('TpmTbs.BootEvent')]
    param(
        [Parameter(Position = 0)]
        [ValidateRange(0, 23)]
        [int[]]$Pcr,

        [ValidateNotNullOrEmpty()]
        [string[]]$Type
    )
    $first = 0
    while ($null -ne $first) {
        $page = Invoke-TbsRpc $PSCmdlet 'eventLog/get' @{ first = $first }
        foreach ($bootEvent in $page.Events) {
            if ($null -ne $Pcr -and $Pcr -notcontains $bootEvent.PcrIndex) { continue }
            if ($Type) {
                $wanted = $false
                foreach ($pattern in $Type) { if ($bootEvent.TypeName -like $pattern) { $wanted = $true } }
                if (-not $wanted) { continue }
            }
            $data = $bootEvent.PSObject.Properties['Data']
            $data.Value = [System.Convert]::FromBase64String($data.Value)
            $bootEvent
        }
        $first = $page.Next
    }
}
