# A script for event actions in a folder that only this user can change, and the service that runs it.

$actionFolder = "$HOME/.tpmtbs-actions-$PID"

function New-ActionScript([string] $Text) {
    if (-not (Test-Path $actionFolder)) { New-Item -ItemType Directory $actionFolder | Out-Null }
    /bin/chmod 0755 $actionFolder
    Set-Content -LiteralPath "$actionFolder/action.ps1" $Text
    /bin/chmod 0644 "$actionFolder/action.ps1"
    "$actionFolder/action.ps1"
}

function Remove-ActionScript { Remove-Item -Recurse -Force $actionFolder -ErrorAction SilentlyContinue }

function Start-ActionService {
    $program = [IO.Path]::GetFullPath("$PSScriptRoot/../../bin/tbs-actions.js")
    # The pwsh of these tests may be on no path.
    $path = $env:PATH
    $env:PATH = "$PSHOME$([IO.Path]::PathSeparator)$path"
    try { Start-Process node @($program, '--own-scripts') -PassThru -RedirectStandardError "$([IO.Path]::GetTempPath())/tbs-actions-$PID.log" }
    finally { $env:PATH = $path }
}

function Stop-ActionService($Service) {
    /bin/kill $Service.Id
    $Service.WaitForExit(10000) | Out-Null
    Remove-Item "$([IO.Path]::GetTempPath())/tbs-actions-$PID.log" -ErrorAction SilentlyContinue
}
