# What the runner prints and writes.

$script:Verbosity = 'Detailed'

function Write-Line([string] $Text, [string] $Color = '') {
    $codes = @{ Green = "`e[32m"; Red = "`e[31m"; Yellow = "`e[33m"; Gray = "`e[90m"; '' = '' }
    $Host.UI.WriteLine($(if ($Color) { $codes[$Color] + $Text + "`e[0m" } else { $Text }))
}

function Get-Depth([TestNode] $Node) {
    $depth = -1
    for ($parent = $Node.Parent; $null -ne $parent; $parent = $parent.Parent) { $depth++ }
    return [Math]::Max(0, $depth)
}

function Write-BlockStart([TestBlock] $Block) {
    if ($Block.IsRoot -or $script:Verbosity -eq 'Normal') { return }
    $name = if ($Block.ExpandedName) { $Block.ExpandedName } else { $Block.Name }
    Write-Line "$(' ' * (Get-Depth $Block))$($Block.Kind) $name"
}

function Write-TestResult([TestCase] $Test) {
    $name = if ($Test.ExpandedName) { $Test.ExpandedName } else { $Test.Name }
    $indent = ' ' * (Get-Depth $Test)
    $time = "$([Math]::Round($Test.DurationMs))ms"
    if ($Test.Result -eq 'Failed') {
        Write-Line "$indent[-] $(if ($script:Verbosity -eq 'Normal') { $Test.Path() } else { $name }) $time" Red
        Write-Failures $Test.Failures "$indent "
        return
    }
    if ($script:Verbosity -eq 'Normal') { return }
    switch ($Test.Result) {
        'Passed' { Write-Line "$indent[+] $name $time" Green }
        'Skipped' { Write-Line "$indent[!] $name, skipped: $($Test.Reason)" Yellow }
    }
}

function Write-Failures($Failures, [string] $Indent) {
    foreach ($failure in $Failures) {
        $head = if ($failure.Stage -eq 'It') { '' } else { "[$($failure.Stage)] " }
        foreach ($line in @("$head$($failure.Message)" -split "`r?`n") + @($failure.Where -split "`r?`n")) {
            if ($line) { Write-Line "$Indent$line" Red }
        }
    }
}

function Get-Count([TestFile[]] $Files) {
    $tests = @($Files | ForEach-Object { $_.Root.Tests() })
    $count = @{ Passed = 0; Failed = 0; Skipped = 0; NotRun = 0 }
    foreach ($test in $tests) { $count[$test.Result]++ }
    foreach ($file in $Files) { $count.Failed += $file.Failures.Count }
    return $count
}

function Write-Summary([TestFile[]] $Files, [double] $DurationMs) {
    $count = Get-Count $Files
    Write-Line "Tests completed in $([Math]::Round($DurationMs / 1000, 2))s, $($Files.Count) files"
    $text = "Tests Passed: $($count.Passed), Failed: $($count.Failed), Skipped: $($count.Skipped), NotRun: $($count.NotRun)"
    Write-Line $text $(if ($count.Failed -gt 0) { 'Red' } else { 'Green' })
}

# { passed, failed, skipped, notRun, complete, files: [{ path, durationMs, failures, tests: [...] }] }
function Get-ResultDocument([TestFile[]] $Files) {
    $count = Get-Count $Files
    return [ordered]@{
        runner = 'tools/pester-runner'
        passed = $count.Passed
        failed = $count.Failed
        skipped = $count.Skipped
        notRun = $count.NotRun
        complete = $true
        files = @($Files | ForEach-Object {
            [ordered]@{
                path = $_.Path
                durationMs = [Math]::Round($_.DurationMs, 1)
                failures = @($_.Failures | ForEach-Object { Get-FailureDocument $_ })
                tests = @($_.Root.Tests() | ForEach-Object { Get-TestDocument $_ })
            }
        })
    }
}

function Get-TestDocument([TestCase] $Test) {
    return [ordered]@{
        name = $Test.Path()
        result = $Test.Result.ToLowerInvariant()
        line = $Test.Line
        durationMs = [Math]::Round($Test.DurationMs, 1)
        reason = $Test.Reason
        failures = @($Test.Failures | ForEach-Object { Get-FailureDocument $_ })
    }
}

function Get-FailureDocument($Failure) {
    return [ordered]@{ stage = $Failure.Stage; message = $Failure.Message; where = $Failure.Where }
}
