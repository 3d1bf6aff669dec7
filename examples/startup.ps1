<#
.SYNOPSIS
    A start-up script for administrators: enforces policy, provisions, backs up and reports. Run as root.
.DESCRIPTION
    Says nothing when all is well. Everything that is wrong is one line on standard error, and the exit code is the number
    of those lines. Ends by itself after -TimeoutSeconds, so that it never holds up a start.
.PARAMETER Policy
    A JSON file of settings that must be in force, as Export-TbsPolicy writes it.
.PARAMETER TimeoutSeconds
    The longest that the script may take.
.EXAMPLE
    pwsh -NoProfile -File startup.ps1 -Policy /etc/tpmtbs/required.json
#>
#Requires -Version 5.1
param(
    [string]$Policy,
    [ValidateRange(1, 600)][int]$TimeoutSeconds = 30
)
$ErrorActionPreference = 'Stop'
Import-Module ([System.IO.Path]::Combine([System.IO.Path]::GetDirectoryName($PSScriptRoot), 'TpmTbs.psd1'))

$deadline = [System.Diagnostics.Stopwatch]::StartNew()
$script:problems = 0
function Write-Problem([string]$Text) {
    $script:problems++
    [Console]::Error.WriteLine("tpm: $Text")
}
function Invoke-Step([string]$What, [scriptblock]$Step) {
    if ($deadline.Elapsed.TotalSeconds -ge $TimeoutSeconds) {
        Write-Problem "${What}: not done, the time of $TimeoutSeconds seconds is over"
        return
    }
    try { & $Step }
    catch { Write-Problem "${What}: $($_.Exception.Message) $($_.Exception.RecommendedAction)" }
}

# The broker may still be starting.
while ($deadline.Elapsed.TotalSeconds -lt $TimeoutSeconds) {
    try { $status = Get-TbsStatus; break }
    catch {
        if ($_.Exception.Symbol -notin 'TBS_E_SERVICE_NOT_RUNNING', 'TBS_E_SERVICE_START_PENDING') { throw }
        [System.Threading.Thread]::Sleep(250)
    }
}
if (-not $status) {
    Write-Problem 'the broker does not answer'
    exit 1
}

if ($Policy) {
    Invoke-Step 'policy' {
        $desired = [System.IO.File]::ReadAllText($Policy) | ConvertFrom-Json
        $settings = @{}
        foreach ($property in $desired.PSObject.Properties) { if ($property.Name -notlike '$*') { $settings[$property.Name] = $property.Value } }
        foreach ($name in $settings.Keys) { [void](Set-TbsPolicy $name $settings[$name]) }
    }
}
Invoke-Step 'provisioning' {
    $state = Get-TpmProvisioningState
    if (-not $state.TpmReady) { $state = Initialize-Tpm -Confirm:$false }
    if (-not $state.TpmReady) { Write-Problem "the TPM is not ready: $($state.Needs -join ', ')" }
}
Invoke-Step 'backup' {
    $backup = Get-TpmOwnerAuthBackup
    if ($backup.Mode -ne 'off' -and $backup.Pending) { [void](Backup-TpmOwnerAuth -Confirm:$false) }
}
Invoke-Step 'status' { foreach ($warning in (Get-TbsStatus).Warnings) { Write-Problem "$($warning.Message) $($warning.Action)" } }
exit [Math]::Min($script:problems, 125)
