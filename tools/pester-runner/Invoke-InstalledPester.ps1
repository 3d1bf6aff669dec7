<#
.SYNOPSIS
    Runs test files with the installed Pester 5 and writes the same result document as Invoke-PesterRunner.ps1.
#>
param(
    [Parameter(Mandatory, Position = 0)] [string[]] $Path,
    [string[]] $Tag = @(),
    [string[]] $ExcludeTag = @(),
    [string] $FullNameFilter = '',
    [ValidateSet('Normal', 'Detailed')] [string] $Output = 'Detailed',
    [string] $ResultPath = ''
)

Import-Module Pester -MinimumVersion 5.0

$configuration = New-PesterConfiguration
$configuration.Run.Path = $Path
$configuration.Run.PassThru = $true
$configuration.Output.Verbosity = $Output
if ($Tag) { $configuration.Filter.Tag = $Tag }
if ($ExcludeTag) { $configuration.Filter.ExcludeTag = $ExcludeTag }
if ($FullNameFilter) { $configuration.Filter.FullName = $FullNameFilter }

$run = Invoke-Pester -Configuration $configuration

function ConvertTo-FailureDocument($ErrorRecord, [string] $Stage) {
    return [ordered]@{ stage = $Stage; message = [string] $ErrorRecord; where = [string] $ErrorRecord.ScriptStackTrace }
}

$files = @(foreach ($container in $run.Containers) {
    $tests = @($run.Tests | Where-Object { $_.Block.Root.BlockContainer -eq $container })
    $failures = @(
        $container.ErrorRecord | ForEach-Object { ConvertTo-FailureDocument $_ 'Discovery' }
        $run.FailedBlocks | Where-Object { $_.Root.BlockContainer -eq $container } | ForEach-Object {
            $stage = "setup or teardown of $($_.ExpandedPath)"
            $_.ErrorRecord | ForEach-Object { ConvertTo-FailureDocument $_ $stage }
        }
    )
    if ($tests.Count -eq 0 -and $failures.Count -eq 0) {
        $failures = @([ordered]@{ stage = 'Discovery'; message = 'The file has no test.'; where = "at $($container.Item)" })
    }
    [ordered]@{
        path = [string] $container.Item
        durationMs = $container.Duration.TotalMilliseconds
        failures = $failures
        tests = @($tests | ForEach-Object {
            [ordered]@{
                name = $_.ExpandedPath
                result = ([string] $_.Result).ToLowerInvariant()
                line = $_.StartLine
                durationMs = $_.Duration.TotalMilliseconds
                reason = if ($_.Result -eq 'Skipped') { [string] $_.ErrorRecord } else { '' }
                failures = @(if ($_.Result -eq 'Failed') { $_.ErrorRecord | ForEach-Object { ConvertTo-FailureDocument $_ 'It' } })
            }
        })
    }
})

$withoutTest = @($files | Where-Object { $_.tests.Count -eq 0 -and $_.failures.Count -gt 0 }).Count
$failed = $run.FailedCount + $run.FailedBlocksCount + [Math]::Max($run.FailedContainersCount, $withoutTest)
if ($ResultPath) {
    $document = [ordered]@{
        runner = "Pester $((Get-Module Pester).Version)"
        passed = $run.PassedCount
        failed = $failed
        skipped = $run.SkippedCount
        notRun = $run.NotRunCount
        complete = $true
        files = $files
    }
    [IO.File]::WriteAllText($ResultPath, (ConvertTo-Json -InputObject $document -Depth 10))
}
exit [Math]::Min(1, $failed)
