# The runner itself: finds the files, discovers, selects, runs and reports.

function Invoke-PesterRunner {
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [string[]] $Path,
        [Parameter(Mandatory)] [hashtable] $TestScope,
        [string[]] $Tag = @(),
        [string[]] $ExcludeTag = @(),
        [string] $FullNameFilter = '',
        [ValidateSet('Normal', 'Detailed')] [string] $Output = 'Detailed',
        [string] $ResultPath = ''
    )
    $watch = [Diagnostics.Stopwatch]::StartNew()
    $script:InTestScope = $TestScope
    $script:Verbosity = $Output
    $files = @(foreach ($file in Get-TestFilePath $Path) {
        $found = Find-TestInFile $file
        Select-Test $found $Tag $ExcludeTag $FullNameFilter
        Write-Line "Running tests from '$($found.Path)'"
        if ($found.Failures.Count -eq 0) { Invoke-TestFile $found }
        Write-Failures $found.Failures ' '
        $found
    })
    Write-Summary $files $watch.Elapsed.TotalMilliseconds
    if ($ResultPath) {
        [IO.File]::WriteAllText($ResultPath, (ConvertTo-Json -InputObject (Get-ResultDocument $files) -Depth 10))
    }
    return (Get-Count $files).Failed
}

function Get-TestFilePath([string[]] $Path) {
    foreach ($item in $Path) {
        $full = $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($item)
        if ([IO.Directory]::Exists($full)) {
            $inside = [string[]] [IO.Directory]::GetFiles($full, '*.Tests.ps1', 'AllDirectories')
            if ($inside.Count -eq 0) { throw "There is no file *.Tests.ps1 in '$full'." }
            [Array]::Sort($inside, [StringComparer]::Ordinal)
            $inside
        }
        elseif ([IO.File]::Exists($full)) { $full }
        else { throw "There is no test file or folder '$full'." }
    }
}

# Marks the tests that the filters leave out. What is left out is counted as not run, never as passed.
function Select-Test([TestFile] $File, [string[]] $Tag, [string[]] $ExcludeTag, [string] $FullNameFilter) {
    foreach ($test in $File.Root.Tests()) {
        $tags = $test.AllTags()
        $test.IsSelected =
            ($Tag.Count -eq 0 -or (Test-AnyLike $tags $Tag)) -and
            -not (Test-AnyLike $tags $ExcludeTag) -and
            (-not $FullNameFilter -or $test.Path() -like $FullNameFilter)
    }
}

function Test-AnyLike([string[]] $Values, [string[]] $Patterns) {
    foreach ($pattern in $Patterns) {
        if (@($Values -like $pattern).Count -gt 0) { return $true }
    }
    return $false
}
