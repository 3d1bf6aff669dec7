<#
.SYNOPSIS
    A start-up script for administrators: enforces policy, provisions, backs up and reports. Run as root.
.DESCRIPTION
    Says nothing when all is well. Everything that is wrong is one line on standard error, and the exit code is the number
    of those lines. Ends by itself after -TimeoutSeconds, also when the broker hangs, so that it never holds up a start.
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

# Ends the process when the time is over, whatever it waits for then. Bare, since that opens at once.
$state = [hashtable]::Synchronized(@{ Step = 'start'; Problems = 0 })
$finished = [System.Threading.ManualResetEvent]::new($false)
$bare = [System.Management.Automation.Runspaces.InitialSessionState]::Create()
$bare.LanguageMode = 'FullLanguage'
$watchdog = [powershell]::Create($bare).AddScript({
        param($Finished, $Seconds, $State)
        if ($Finished.WaitOne($Seconds * 1000)) { return }
        [Console]::Error.WriteLine("tpm: $($State.Step): not done, the time of $Seconds seconds is over")
        [Environment]::Exit($State.Problems + 1)
    }).AddArgument($finished).AddArgument($TimeoutSeconds).AddArgument($state)
[void]$watchdog.BeginInvoke()

function Write-Problem([string]$Text) {
    $state.Problems++
    [Console]::Error.WriteLine("tpm: $Text")
}
function Invoke-Step([string]$What, [scriptblock]$Step) {
    $state.Step = $What
    try { & $Step }
    catch { Write-Problem "${What}: $($_.Exception.Message) $($_.Exception.RecommendedAction)" }
}

try {
    Import-Module ([System.IO.Path]::Combine([System.IO.Path]::GetDirectoryName($PSScriptRoot), 'TpmTbs.psd1'))
    # The broker may still be starting.
    $state.Step = 'the broker does not answer'
    $waited = [System.Diagnostics.Stopwatch]::StartNew()
    while ($true) {
        try { [void](Get-TbsStatus); break }
        catch {
            $isStarting = $_.Exception.Symbol -in 'TBS_E_SERVICE_NOT_RUNNING', 'TBS_E_SERVICE_START_PENDING'
            if (-not $isStarting -or $waited.Elapsed.TotalSeconds -ge $TimeoutSeconds - 1) {
                # This is the answer, however slow the machine is from here on.
                [void]$finished.Set()
                Write-Problem $_.Exception.Message
                exit 1
            }
            [System.Threading.Thread]::Sleep(250)
        }
    }
    if ($Policy) {
        Invoke-Step 'policy' {
            if (-not (Test-TbsPolicy -Path $Policy).Compliant) { [void](Set-TbsPolicy -Path $Policy -Confirm:$false) }
            foreach ($difference in (Test-TbsPolicy -Path $Policy).Differences) {
                Write-Problem "policy: $($difference.Name) is $($difference.Current) and not $($difference.Desired); Get-TbsPolicy tells what sets it"
            }
        }
    }
    Invoke-Step 'provisioning' {
        $provisioning = Get-TpmProvisioningState
        if (-not $provisioning.TpmReady) { $provisioning = Initialize-Tpm -Confirm:$false }
        if (-not $provisioning.TpmReady) { Write-Problem "the TPM is not ready: $($provisioning.Needs -join ', ')" }
    }
    Invoke-Step 'backup' {
        $backup = Get-TpmOwnerAuthBackup
        if ($backup.Mode -ne 'off' -and ($backup.Pending -or (-not $backup.LastSuccess -and (Get-Tpm).OwnerAuth))) {
            [void](Backup-TpmOwnerAuth -Confirm:$false)
        }
    }
    Invoke-Step 'status' { foreach ($warning in (Get-TbsStatus).Warnings) { Write-Problem "$($warning.Message) $($warning.Action)" } }
    exit [Math]::Min($state.Problems, 125)
}
finally { [void]$finished.Set() }
