function Test-TpmEventLog {
    <#
    .SYNOPSIS
        Tells whether the measured-boot log leads to what the PCRs hold.
    .DESCRIPTION
        Replays the log, bank by bank, from the values that PCRs have after a start, and compares the outcome with the
        TPM's PCRs. Matches is true when something was compared and all of it is the same. With -Quiet gives true or false
        only. A log that is missing or damaged is an error.
    .PARAMETER Quiet
        Gives true or false instead of the object.
    .EXAMPLE
        Test-TpmEventLog

        Tells whether log and TPM belong together.
    .EXAMPLE
        (Test-TpmEventLog).Pcrs | Where-Object { -not $_.Matches }

        Shows the PCRs where they differ.
    .INPUTS
        None
    .OUTPUTS
        TpmTbs.EventLogTest, or with -Quiet System.Boolean
    .LINK
        Get-TpmEventLog
    #>
    [CmdletBinding()]
    [OutputType('TpmTbs.EventLogTest', [bool])]
    param([switch]$Quiet)
    $test = Invoke-TbsRpc $PSCmdlet 'eventLog/test'
    if ($Quiet) { return $test.Matches }
    $test
}
