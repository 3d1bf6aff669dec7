function Stop-TbsService {
    <#
    .SYNOPSIS
        Stops the broker after it has finished the commands under way.
    .DESCRIPTION
        Asks the broker to finish what is under way and to stop, and waits until it has. What its callers hold in the TPM
        is flushed. For administrators.
    .PARAMETER TimeoutSeconds
        How long commands that are under way may take to finish.
    .EXAMPLE
        Stop-TbsService

        Stops the broker after asking.
    .EXAMPLE
        Stop-TbsService -Confirm:$false -TimeoutSeconds 2

        Stops it from a script.
    .INPUTS
        None
    .OUTPUTS
        None
    .LINK
        Start-TbsService
    #>
    [CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'High')]
    [OutputType([void])]
    param(
        [ValidateRange(0, 600)]
        [int]$TimeoutSeconds = 10
    )
    if (-not $PSCmdlet.ShouldProcess('TPM base services (tbsd)', 'Stop')) { return }
    $stopping = Invoke-TbsRpc $PSCmdlet 'service/stop' @{ drainTimeoutMs = 1000 * $TimeoutSeconds }
    # It closes this connection when it has drained.
    $connection = $script:TbsConnection
    $watch = [System.Diagnostics.Stopwatch]::StartNew()
    while ($null -ne $connection -and -not (Test-TbsConnectionLost $connection)) {
        if ($watch.Elapsed.TotalSeconds -gt $TimeoutSeconds + 30) {
            $PSCmdlet.ThrowTerminatingError((New-TbsErrorRecord 'TBS_E_SERVICE_START_PENDING' 'The broker has not stopped yet.' `
                        'See the log of tbsd for what it waits for.' $connection['Path']))
        }
        [System.Threading.Thread]::Sleep(20)
    }
    Close-TbsConnection $connection
    # Then it shuts down a TPM of its own. Its folders are free for another broker when its process is gone.
    while ((Test-TbsProcess $stopping.processId) -and $watch.Elapsed.TotalSeconds -le $TimeoutSeconds + 30) { [System.Threading.Thread]::Sleep(20) }
}
