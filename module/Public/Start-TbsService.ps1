function Start-TbsService {
    <#
    .SYNOPSIS
        Starts the broker and waits until it answers.
    .DESCRIPTION
        Starts the systemd unit tpmtbs where it is installed and no option asks for something else; otherwise starts the
        broker (tbs serve) as a process that outlives this session: the system's broker for root, one of the user's own
        for others. When a broker answers already, it is left alone. Gives its status.
    .PARAMETER Transport
        How the TPM is reached: auto, device, swtpm, or embedded, which runs a software TPM of its own.
    .PARAMETER Tpm
        The version of the embedded TPM.
    .PARAMETER ConfigurationPath
        The configuration file to use in place of the usual tbsd.json.
    .PARAMETER TimeoutSeconds
        How long to wait for it to answer.
    .EXAMPLE
        Start-TbsService

        Starts the machine's broker.
    .EXAMPLE
        Start-TbsService -Transport embedded -Tpm 1.2

        Starts one with a software TPM 1.2.
    .INPUTS
        None
    .OUTPUTS
        TpmTbs.Status
    .LINK
        Stop-TbsService
    #>
    [CmdletBinding(SupportsShouldProcess)]
    [OutputType('TpmTbs.Status')]
    param(
        [ValidateSet('auto', 'device', 'swtpm', 'embedded')]
        [string]$Transport,

        [ValidateSet('1.2', '2.0')]
        [string]$Tpm,

        [ValidateNotNullOrEmpty()]
        [string]$ConfigurationPath,

        [ValidateRange(1, 600)]
        [int]$TimeoutSeconds = 60
    )
    if (Test-TbsAnswering) { return Invoke-TbsRpc $PSCmdlet 'status/get' }
    if (-not $PSCmdlet.ShouldProcess('TPM base services (tbsd)', 'Start')) { return }
    $arguments = @('serve')
    if ($ConfigurationPath) { $arguments += '--config', $PSCmdlet.GetUnresolvedProviderPathFromPSPath($ConfigurationPath) }
    if ($Transport) { $arguments += '--transport', $Transport }
    if ($Tpm) { $arguments += '--tpm', $Tpm }
    if ($env:TPMTBS_SOCKET) { $arguments += '--socket', $env:TPMTBS_SOCKET }
    $process = $null
    $logPath = [System.IO.Path]::GetTempFileName()
    try {
        if ($arguments.Length -eq 1 -and (Test-TbsSystemdUnit)) {
            $result = Invoke-TbsProgram 'systemctl' 'start tpmtbs.service'
            if ($result.ExitCode -ne 0) {
                $PSCmdlet.ThrowTerminatingError((New-TbsErrorRecord 'TBS_E_SERVICE_NOT_RUNNING' "systemd could not start the broker: $($result.Output)" `
                            'See `systemctl status tpmtbs` and `journalctl -u tpmtbs`.' 'tpmtbs.service'))
            }
        }
        else {
            try { $process = Start-TbsSidecar $arguments $logPath }
            catch {
                $PSCmdlet.ThrowTerminatingError((New-TbsErrorRecord 'TBS_E_SERVICE_NOT_RUNNING' "The broker could not be started: $($_.Exception.Message)" `
                            'Node.js 20.19 or later must be on the PATH; $env:TPMTBS_NODE names another.' 'node'))
            }
        }
        $watch = [System.Diagnostics.Stopwatch]::StartNew()
        while (-not (Test-TbsAnswering)) {
            $ended = $null -ne $process -and $process.HasExited
            if ($ended -or $watch.Elapsed.TotalSeconds -gt $TimeoutSeconds) {
                $why = "did not answer within $TimeoutSeconds seconds"
                if ($ended) { $why = "ended with exit code $($process.ExitCode)" }
                $PSCmdlet.ThrowTerminatingError((New-TbsErrorRecord 'TBS_E_SERVICE_NOT_RUNNING' "The broker $why. $([System.IO.File]::ReadAllText($logPath).Trim())" `
                            'Correct what it names; `tbs serve` shows the same in the foreground.' (Get-TbsSocketPath)))
            }
            [System.Threading.Thread]::Sleep(50)
        }
        Invoke-TbsRpc $PSCmdlet 'status/get'
    }
    finally { [System.IO.File]::Delete($logPath) }
}
