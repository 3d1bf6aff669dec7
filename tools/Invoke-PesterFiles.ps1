<#
.SYNOPSIS
    Runs Pester files and writes what tools/pester.mjs reads: counts, and each test with its result.
.PARAMETER OptionsPath
    A JSON file: `module` is the path of the Pester module, `configuration` what New-PesterConfiguration takes, `resultPath`
    the file to write.
#>
param([Parameter(Mandatory)] [string] $OptionsPath)

$options = ConvertFrom-Json ([IO.File]::ReadAllText($OptionsPath)) -AsHashtable
Import-Module $options.module

$configuration = New-PesterConfiguration -Hashtable $options.configuration
$configuration.Run.PassThru = $true
$run = Invoke-Pester -Configuration $configuration

function ConvertTo-FailureDocument($ErrorRecord, [string] $Stage) {
    return [ordered]@{ stage = $Stage; message = [string] $ErrorRecord; where = [string] $ErrorRecord.ScriptStackTrace }
}

# A block and every block below it.
function Get-BlockTree($Block) {
    $Block
    foreach ($child in $Block.Blocks) { Get-BlockTree $child }
}

function ConvertTo-TestDocument($Test) {
    # Pester counts an inconclusive test on its own; nothing that was not proved may pass here.
    $failed = $Test.Result -notin 'Passed', 'Skipped', 'NotRun'
    return [ordered]@{
        name = $Test.ExpandedPath
        result = if ($failed) { 'failed' } else { ([string] $Test.Result).ToLowerInvariant() }
        line = $Test.StartLine
        durationMs = $Test.Duration.TotalMilliseconds
        reason = if ($Test.Result -eq 'Skipped') { [string] $Test.ErrorRecord } else { '' }
        failures = @(if ($failed) { foreach ($problem in $Test.ErrorRecord) { ConvertTo-FailureDocument $problem 'It' } })
    }
}

# What failed outside any test: the file while it was discovered, setups and teardowns of its blocks.
function Get-FileFailure($Container, $Blocks) {
    foreach ($problem in $Container.ErrorRecord) { ConvertTo-FailureDocument $problem 'Discovery' }
    foreach ($block in $Blocks) {
        foreach ($problem in $block.ErrorRecord) { ConvertTo-FailureDocument $problem "setup or teardown of $($block.ExpandedPath)" }
    }
}

$files = @(foreach ($container in $run.Containers) {
    $blocks = @(foreach ($block in $container.Blocks) { Get-BlockTree $block })
    $tests = @(foreach ($block in $blocks) { $block.Tests })
    $failures = @(Get-FileFailure $container $blocks)
    if ($tests.Count -eq 0 -and $failures.Count -eq 0) {
        $failures = @([ordered]@{ stage = 'Discovery'; message = 'The file has no test.'; where = "at $($container.Item)" })
    }
    [ordered]@{
        path = [string] $container.Item
        durationMs = $container.Duration.TotalMilliseconds
        failures = $failures
        tests = @(foreach ($test in $tests) { ConvertTo-TestDocument $test })
    }
})

$results = @(foreach ($file in $files) { foreach ($test in $file.tests) { $test.result } })
function Get-TestCount([string] $Result) { return @($results -eq $Result).Count }

$failed = (Get-TestCount 'failed') + @(foreach ($file in $files) { $file.failures }).Count
# Whatever else Pester itself calls a failure.
if ($failed -eq 0 -and $run.Result -ne 'Passed') { $failed = 1 }
$document = [ordered]@{
    runner = "Pester $((Get-Module Pester).Version)"
    passed = Get-TestCount 'passed'
    failed = $failed
    skipped = Get-TestCount 'skipped'
    notRun = Get-TestCount 'notrun'
    complete = $true
    files = $files
}
[IO.File]::WriteAllText($options.resultPath, (ConvertTo-Json -InputObject $document -Depth 10))
exit [Math]::Min(1, $failed)
