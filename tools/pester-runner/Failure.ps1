# What is kept of an error: its message and the lines of test code that led to it.

function ConvertTo-Failure($ErrorRecord, [string] $Stage) {
    $frames = @($ErrorRecord.ScriptStackTrace -split "`n" | Where-Object { $_ -and -not (Test-IsRunnerFrame $_) })
    $message = $ErrorRecord.Exception.Message
    if ($ErrorRecord.FullyQualifiedErrorId -notlike 'PesterAssertionFailed*') {
        $message = "$($ErrorRecord.Exception.GetType().Name): $message"
    }
    return New-Failure $message ($frames -join "`n") $Stage
}

function New-Failure([string] $Message, [string] $Where, [string] $Stage) {
    return [pscustomobject]@{ Message = $Message; Where = $Where; Stage = $Stage }
}

# A line of the runner's own, which tells nothing about the test.
function Test-IsRunnerFrame([string] $Frame) {
    return $Frame.Contains($PSScriptRoot) -and -not $Frame.Contains('.Tests.ps1:')
}
