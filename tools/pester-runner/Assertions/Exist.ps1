function Test-ShouldExist($Actual, $Asked) {
    $exists = $null -ne $Actual -and $ExecutionContext.SessionState.InvokeProvider.Item.Exists([string] $Actual)
    return @{ Holds = $exists; Expected = "the path $(Get-ValueText $Actual) to exist"; Actual = $(if ($exists) { 'one that exists' } else { 'nothing there' }) }
}

function Test-ShouldFileContentMatch($Actual, $Asked) {
    $pattern = [string] $Asked['ExpectedValue']
    $path = $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath([string] $Actual)
    $holds = @([IO.File]::ReadAllLines($path) -match $pattern).Count -gt 0
    return @{ Holds = $holds; Expected = "a line that matches '$pattern' in '$path'"; Actual = $(if ($holds) { 'one' } else { 'none' }) }
}
