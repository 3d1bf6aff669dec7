<#
.SYNOPSIS
    A login script for users: tells them when the TPM is of no use to them now, and why. Needs no rights.
.DESCRIPTION
    Says nothing when all is well; the exit code is then 0. Ends by itself after -TimeoutSeconds, so that nobody waits
    for a login.
.PARAMETER TimeoutSeconds
    The longest that it waits for the broker.
.EXAMPLE
    pwsh -NoProfile -File login.ps1
#>
#Requires -Version 5.1
param([ValidateRange(0, 60)][int]$TimeoutSeconds = 3)
$ErrorActionPreference = 'Stop'
Import-Module ([System.IO.Path]::Combine([System.IO.Path]::GetDirectoryName($PSScriptRoot), 'TpmTbs.psd1'))

$waited = [System.Diagnostics.Stopwatch]::StartNew()
$lockout = $null
while ($null -eq $lockout) {
    try { $lockout = Get-TbsLockout }
    catch {
        if ($_.Exception.Symbol -notin 'TBS_E_SERVICE_NOT_RUNNING', 'TBS_E_SERVICE_START_PENDING' -or $waited.Elapsed.TotalSeconds -ge $TimeoutSeconds) {
            [Console]::Error.WriteLine("The TPM cannot be used now: $($_.Exception.Message)")
            exit 1
        }
        [System.Threading.Thread]::Sleep(200)
    }
}
$own = @($lockout.Users | Where-Object { $_.LockedOut })
if ($own.Count -gt 0) {
    [Console]::Error.WriteLine("Too many wrong TPM passwords: you can use keys with a password again at $($own[0].FreesAt).")
    exit 2
}
if ($lockout.TotalLockedOut) {
    [Console]::Error.WriteLine("Too many wrong TPM passwords on this machine: keys with a password work again at $($lockout.TotalFreesAt).")
    exit 2
}
if (-not (Get-Tpm).TpmReady) {
    [Console]::Error.WriteLine('The TPM of this machine is not set up yet.')
    exit 3
}
exit 0
