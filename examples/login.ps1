<#
.SYNOPSIS
    A login script for users: tells them when the TPM is of no use to them now, and why. Needs no rights.
.DESCRIPTION
    Says nothing when all is well. Exit codes: 0 all is well, 1 the broker does not run or does not answer, 2 too many
    wrong authorizations, 3 the TPM is not set up. Ends by itself after -TimeoutSeconds, also when the broker hangs, so
    that nobody waits for a login.
.PARAMETER TimeoutSeconds
    The longest that it takes.
.EXAMPLE
    pwsh -NoProfile -File login.ps1
#>
#Requires -Version 5.1
param([ValidateRange(1, 60)][int]$TimeoutSeconds = 5)
$ErrorActionPreference = 'Stop'

# Ends the process when the time is over, whatever it waits for then. Bare, since that opens at once.
$finished = [System.Threading.ManualResetEvent]::new($false)
$bare = [System.Management.Automation.Runspaces.InitialSessionState]::Create()
$bare.LanguageMode = 'FullLanguage'
$watchdog = [powershell]::Create($bare).AddScript({
        param($Finished, $Milliseconds)
        if ($Finished.WaitOne($Milliseconds)) { return }
        [Console]::Error.WriteLine('The TPM cannot be used now: its broker does not answer.')
        [Environment]::Exit(1)
    }).AddArgument($finished).AddArgument($TimeoutSeconds * 1000)
[void]$watchdog.BeginInvoke()

try {
    Import-Module ([System.IO.Path]::Combine([System.IO.Path]::GetDirectoryName($PSScriptRoot), 'TpmTbs.psd1'))
    # The broker may still be starting.
    $waited = [System.Diagnostics.Stopwatch]::StartNew()
    $lockout = $null
    while ($null -eq $lockout) {
        try { $lockout = Get-TbsLockout }
        catch {
            $isStarting = $_.Exception.Symbol -in 'TBS_E_SERVICE_NOT_RUNNING', 'TBS_E_SERVICE_START_PENDING'
            if (-not $isStarting -or $waited.Elapsed.TotalSeconds -ge $TimeoutSeconds - 0.5) {
                # This is the answer, however slow the machine is from here on.
                [void]$finished.Set()
                [Console]::Error.WriteLine("The TPM cannot be used now: $($_.Exception.Message)")
                exit 1
            }
            [System.Threading.Thread]::Sleep(200)
        }
    }
    # Administrators are never locked out, and see the failures of everybody.
    $caller = (Get-TbsStatus).Caller
    if ($caller.CallerClass -ne 'Administrator') {
        $own = @($lockout.Users | Where-Object { $_.UserKey -eq $caller.UserKey -and $_.LockedOut })
        if ($own.Count -gt 0) {
            [Console]::Error.WriteLine("Too many wrong TPM passwords: you can use keys with a password again at $($own[0].FreesAt).")
            exit 2
        }
        if ($lockout.TotalLockedOut) {
            [Console]::Error.WriteLine("Too many wrong TPM passwords on this machine: keys with a password work again at $($lockout.TotalFreesAt).")
            exit 2
        }
    }
    if (-not (Get-Tpm).TpmReady) {
        [Console]::Error.WriteLine('The TPM of this machine is not set up yet.')
        exit 3
    }
    exit 0
}
finally { [void]$finished.Set() }
