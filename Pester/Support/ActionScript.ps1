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
    $log = "$([IO.Path]::GetTempPath())/tbs-actions-$PID.log"
    try { Start-Process node @($program, '--own-scripts') -PassThru -RedirectStandardError $log }
    finally { $env:PATH = $path }
    # What is raised before the service follows the broker's events starts nothing.
    $limit = [DateTime]::UtcNow.AddSeconds(60)
    while ("$(Get-Content -LiteralPath $log -ErrorAction SilentlyContinue)" -notlike '*following the events*') {
        if ([DateTime]::UtcNow -gt $limit) { throw 'The service of event actions does not follow the events.' }
        Start-Sleep -Milliseconds 100
    }
}

function Stop-ActionService($Service) {
    /bin/kill $Service.Id
    $Service.WaitForExit(10000) | Out-Null
    Remove-Item "$([IO.Path]::GetTempPath())/tbs-actions-$PID.log" -ErrorAction SilentlyContinue
}
