<#
.SYNOPSIS
    Gathers the compliance of many machines in parallel, over SSH. Changes nothing on them.
.DESCRIPTION
    Asks each machine for the health of its broker, its TPM, its lockouts and, with -Policy, for the settings that are not
    as required. Emits one object for each machine, in the order in which they answer, and writes a CSV file and an HTML
    page if asked to. A machine that does not answer in time is a result as well. The exit code is 0 if every machine is
    healthy and compliant, 1 if one is not, and 2 if one gave no answer.

    Each machine needs an SSH server with the PowerShell subsystem
    (Subsystem powershell /usr/bin/pwsh -sshs -NoLogo) and the module TpmTbs.
.PARAMETER HostName
    The machines, as ssh names them. Takes names from the pipeline, and skips empty lines.
.PARAMETER Policy
    A JSON file of the required settings on this machine, as Export-TbsPolicy writes it.
.PARAMETER UserName
    The user to log in as. Default: ssh's own choice.
.PARAMETER KeyFilePath
    The private key. Default: ssh's own choice.
.PARAMETER SshOption
    More options of ssh, such as @{ UserKnownHostsFile = 'known_hosts' }.
.PARAMETER ThrottleLimit
    How many machines are asked at once.
.PARAMETER TimeoutSeconds
    How long one machine may take, connecting included.
.PARAMETER Csv
    A file for the results as CSV.
.PARAMETER Html
    A file for the results as a page.
.EXAMPLE
    Get-Content machines.txt | ./fleet.ps1 -UserName root -Policy required.json -Csv fleet.csv -Html fleet.html
#>
#Requires -Version 7.3
param(
    [Parameter(Mandatory, ValueFromPipeline)][AllowEmptyString()][string[]]$HostName,
    [string]$Policy,
    [string]$UserName,
    [string]$KeyFilePath,
    [hashtable]$SshOption = @{},
    [ValidateRange(1, 500)][int]$ThrottleLimit = 20,
    [ValidateRange(1, 3600)][int]$TimeoutSeconds = 60,
    [string]$Csv,
    [string]$Html
)
begin {
    $ErrorActionPreference = 'Stop'
    $waiting = [System.Collections.Generic.Queue[string]]::new()
    $required = if ($Policy) { Get-Content -Raw -LiteralPath $Policy | ConvertFrom-Json -AsHashtable }

    # Runs on each machine. Its result is flat, since objects inside objects arrive as text.
    $question = {
        param($Required, $TimeoutSeconds)
        $ErrorActionPreference = 'Stop'
        $env:TPMTBS_BROKER_TIMEOUT = $TimeoutSeconds
        Import-Module TpmTbs
        $status = Get-TbsStatus
        $lockout = Get-TbsLockout
        $differences = if ($Required) { @((Test-TbsPolicy -Setting $Required).Differences) } else { @() }
        [pscustomobject]@{
            Health          = [string]$status.Health
            Warnings        = [string[]]$status.Warnings.Message
            Compliant       = $differences.Count -eq 0
            Differences     = [string[]]($differences | ForEach-Object { "$($_.Name) is $($_.Current), set by $($_.Source)" })
            LockedOutUsers  = [string[]]($lockout.Users | Where-Object LockedOut | ForEach-Object { $_.UserName ?? $_.UserKey })
            AllLockedOut    = $lockout.TotalLockedOut
            TpmVersion      = $status.Tpm.TpmVersion
            Manufacturer    = $status.Tpm.Manufacturer
            FirmwareVersion = $status.Tpm.FirmwareVersion
            BrokerVersion   = $status.Version
            StartedAt       = $status.StartedAt.UtcDateTime
        }
    }

    function Start-Question([string]$Machine) {
        # A machine that hangs after it has connected ends the connection by not answering ssh.
        $options = @{ ConnectTimeout = $TimeoutSeconds; BatchMode = 'yes'; ServerAliveInterval = 5; ServerAliveCountMax = 3 }
        foreach ($name in $SshOption.Keys) { $options[$name] = $SshOption[$name] }
        $connection = @{ HostName = $Machine; Options = $options }
        if ($UserName) { $connection.UserName = $UserName }
        if ($KeyFilePath) { $connection.KeyFilePath = $KeyFilePath }
        $asked = @{ Machine = $Machine; Watch = [System.Diagnostics.Stopwatch]::StartNew() }
        try { $asked.Job = Invoke-Command @connection -AsJob -ScriptBlock $question -ArgumentList $required, $TimeoutSeconds }
        catch { $asked.Problem = $_.Exception.Message }
        $asked
    }

    function New-Result($Asked, [string]$State, $Answer, [string]$Problem) {
        $result = [ordered]@{ HostName = $Asked.Machine; State = $State; Seconds = [math]::Round($Asked.Watch.Elapsed.TotalSeconds, 1); Problem = $Problem }
        foreach ($name in 'Health', 'Compliant', 'Warnings', 'Differences', 'LockedOutUsers', 'AllLockedOut', 'TpmVersion',
            'Manufacturer', 'FirmwareVersion', 'BrokerVersion', 'StartedAt') { $result[$name] = $Answer.$name }
        [pscustomobject]$result
    }

    # Returns the result of a machine that has answered, failed or run out of time, and nothing for one that is still busy.
    function Receive-Result($Asked) {
        if ($Asked.Problem) { return New-Result $Asked 'failed' $null $Asked.Problem }
        $job = $Asked.Job
        if ($job.State -in 'NotStarted', 'Running') {
            if ($Asked.Watch.Elapsed.TotalSeconds -lt $TimeoutSeconds) { return }
            return New-Result $Asked 'timedOut' $null "no answer within $TimeoutSeconds seconds"
        }
        $errors = $null
        $answer = Receive-Job $job -ErrorAction SilentlyContinue -ErrorVariable errors
        if ($answer) {
            $state = if ($answer.Health -ne 'Works') { 'unhealthy' } elseif (-not $answer.Compliant) { 'notCompliant' } else { 'compliant' }
            return New-Result $Asked $state $answer ''
        }
        $reason = $job.ChildJobs[0].JobStateInfo.Reason ?? $errors[0].Exception
        $state = if ($reason -is [System.Management.Automation.Remoting.PSRemotingTransportException]) { 'unreachable' } else { 'failed' }
        # ssh itself writes why to the terminal.
        $hint = if ($state -eq 'unreachable') { " Try: ssh $($Asked.Machine)" }
        New-Result $Asked $state $null (($reason.Message -replace '\s+', ' ') + $hint)
    }

    # Lists become text, for a file.
    function ConvertTo-FlatResult {
        process {
            $flat = [ordered]@{}
            foreach ($property in $_.PSObject.Properties) {
                $flat[$property.Name] = if ($property.Value -is [array]) { $property.Value -join '; ' } elseif ($property.Value -is [datetime]) { $property.Value.ToString('u') } else { $property.Value }
            }
            [pscustomobject]$flat
        }
    }

    function ConvertTo-SummaryPage($Results) {
        $style = '<meta name="viewport" content="width=device-width"><style>:root{color-scheme:light dark}body{font:15px/1.5 system-ui;margin:1.5rem}' +
        'table{border-collapse:collapse;display:block;overflow-x:auto}th,td{border:1px solid #8888;padding:.25rem .5rem;text-align:left;vertical-align:top}</style>'
        $counts = $Results | Group-Object State -NoElement | Sort-Object Count -Descending | Select-Object @{ n = 'State'; e = 'Name' }, @{ n = 'Machines'; e = 'Count' }
        $firmware = $Results | Where-Object Health | Group-Object Manufacturer, TpmVersion, FirmwareVersion -NoElement |
            Select-Object @{ n = 'Firmware'; e = 'Name' }, @{ n = 'Machines'; e = 'Count' }
        $columns = 'HostName', 'State', 'Problem', 'Warnings', 'Differences', 'LockedOutUsers', 'TpmVersion', 'FirmwareVersion', 'BrokerVersion', 'Seconds'
        $parts = @('<h1>TPM brokers</h1>', "<p>$($Results.Count) machines, $([datetime]::UtcNow.ToString('u'))</p>", '<h2>States</h2>') +
        @($counts | ConvertTo-Html -Fragment) + '<h2>Firmware</h2>' + @($firmware | ConvertTo-Html -Fragment) + '<h2>Machines</h2>' +
        @($Results | Sort-Object State, HostName | ConvertTo-FlatResult | ConvertTo-Html -Fragment -Property $columns)
        ConvertTo-Html -Title 'TPM brokers' -Head $style -Body ($parts -join "`n")
    }
}
process { foreach ($machine in $HostName) { if ($machine.Trim()) { $waiting.Enqueue($machine.Trim()) } } }
end {
    $total = $waiting.Count
    $asked = [System.Collections.Generic.List[hashtable]]::new()
    $late = [System.Collections.Generic.List[object]]::new()
    $results = [System.Collections.Generic.List[object]]::new()
    while ($waiting.Count + $asked.Count -gt 0) {
        while ($waiting.Count -gt 0 -and $asked.Count -lt $ThrottleLimit) { $asked.Add((Start-Question $waiting.Dequeue())) }
        foreach ($each in @($asked)) {
            $result = Receive-Result $each
            if (-not $result) { continue }
            [void]$asked.Remove($each)
            if ($result.State -eq 'timedOut') { $late.Add($each.Job) } elseif ($each.Job) { Remove-Job $each.Job -Force }
            $results.Add($result)
            $result
        }
        Write-Progress -Activity 'Asking the machines' -Status "$($results.Count) of $total" -PercentComplete (100 * $results.Count / $total)
        if ($asked.Count -gt 0) { Start-Sleep -Milliseconds 100 }
    }
    Write-Progress -Activity 'Asking the machines' -Completed
    if ($late.Count -gt 0) { $late | Stop-Job; $late | Remove-Job -Force }
    if ($Csv) { $results | ConvertTo-FlatResult | Export-Csv -LiteralPath $Csv }
    if ($Html) { ConvertTo-SummaryPage $results | Set-Content -LiteralPath $Html }
    $states = @($results.State)
    exit $(if ($states -match '^(unreachable|timedOut|failed)$') { 2 } elseif ($states -match '^(unhealthy|notCompliant)$') { 1 } else { 0 })
}
