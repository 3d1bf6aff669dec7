# The run phase: setups, tests and teardowns in nested scopes of the tests' own session state.

$script:SkippedErrorId = 'PesterTestSkipped'
$script:InconclusiveErrorId = 'PesterTestInconclusive'

function Invoke-TestFile([TestFile] $File) {
    $watch = [Diagnostics.Stopwatch]::StartNew()
    $drive = New-TestDrive
    try {
        Invoke-TestBlock $File.Root $File
    }
    finally {
        Remove-TestDrive $drive
        $File.DurationMs = $watch.Elapsed.TotalMilliseconds
    }
}

function Invoke-TestBlock([TestBlock] $Block, [TestFile] $File) {
    $selected = @($Block.Tests() | Where-Object { $_.IsSelected })
    if ($selected.Count -eq 0) { return }
    if (@($selected | Where-Object { -not $_.IsSkippedHereOrAbove() }).Count -eq 0) {
        # Nothing below will run, so neither do the setups.
        Write-BlockStart $Block
        Invoke-ChildNodes $Block $File
        return
    }
    $before = Get-TestDriveContent
    $problems = & $script:InTestScope.RunBlock $Block {
        Write-BlockStart $Block
        Invoke-ChildNodes $Block $File
    }
    foreach ($problem in $problems) {
        if ($problem.Stage -eq 'BeforeAll') {
            Write-BlockStart $Block
            Set-EveryTestFailed $Block $problem.Error
        }
        else {
            # A teardown that fails has no test to fail, and must not go unseen.
            $File.Failures.Add((ConvertTo-Failure $problem.Error "$($problem.Stage) of $($Block.Path())"))
        }
    }
    Restore-TestDrive $before
}

function Invoke-ChildNodes([TestBlock] $Block, [TestFile] $File) {
    foreach ($child in $Block.Children) {
        if ($child -is [TestBlock]) {
            Invoke-TestBlock $child $File
        }
        elseif ($child.IsSelected) {
            Invoke-TestCase $child
            Write-TestResult $child
        }
    }
}

function Invoke-TestCase([TestCase] $Test) {
    if ($Test.IsSkippedHereOrAbove()) {
        $Test.Result = 'Skipped'
        $Test.Reason = if ($Test.IsSkipped) { '-Skip' } else { '-Skip of a block around it' }
        return
    }
    $befores = [System.Collections.Generic.List[scriptblock]]::new()
    $afters = [System.Collections.Generic.List[scriptblock]]::new()
    for ($block = $Test.Parent; $null -ne $block; $block = $block.Parent) {
        $befores.InsertRange(0, $block.BeforeEach)
        $afters.AddRange($block.AfterEach)
    }
    $watch = [Diagnostics.Stopwatch]::StartNew()
    $problems = @(& $script:InTestScope.RunTest $Test $befores $afters)
    $Test.DurationMs = $watch.Elapsed.TotalMilliseconds
    Set-TestResult $Test $problems
}

function Set-TestResult([TestCase] $Test, [object[]] $Problems) {
    $Test.Result = 'Passed'
    foreach ($problem in $Problems) {
        if ($problem.Stage -eq 'It' -and $problem.Error.FullyQualifiedErrorId -like "$script:SkippedErrorId*") {
            $Test.Result = 'Skipped'
            $Test.Reason = $problem.Error.Exception.Message
        }
        else {
            $Test.Failures.Add((ConvertTo-Failure $problem.Error $problem.Stage))
        }
    }
    if ($Test.Failures.Count -gt 0) { $Test.Result = 'Failed' }
}

function Set-EveryTestFailed([TestBlock] $Block, $ErrorRecord) {
    foreach ($test in $Block.Tests()) {
        if (-not $test.IsSelected -or $test.Result -ne 'NotRun') { continue }
        if ($test.IsSkippedHereOrAbove()) {
            Invoke-TestCase $test
        }
        else {
            $test.Result = 'Failed'
            $test.Failures.Add((ConvertTo-Failure $ErrorRecord "BeforeAll of $($Block.Path())"))
        }
        Write-TestResult $test
    }
}

# Ends the running test as skipped (counted, with its reason) or as inconclusive (which is a failure).
function Set-ItResult {
    [CmdletBinding()]
    param(
        [Parameter(Mandatory, ParameterSetName = 'Skipped')] [switch] $Skipped,
        [Parameter(Mandatory, ParameterSetName = 'Inconclusive')] [switch] $Inconclusive,
        [string] $Because = ''
    )
    $id = if ($Skipped) { $script:SkippedErrorId } else { $script:InconclusiveErrorId }
    $text = if ($Because) { "is $($PSCmdlet.ParameterSetName.ToLowerInvariant()), because $Because" } else { 'Set-ItResult without -Because' }
    $record = [System.Management.Automation.ErrorRecord]::new([Exception]::new($text), $id, 'InvalidResult', $null)
    $PSCmdlet.ThrowTerminatingError($record)
}

# Runs a script block inside a module, where its private functions and variables are in reach.
function InModuleScope {
    [CmdletBinding()]
    param(
        [Parameter(Mandatory, Position = 0)] [string] $ModuleName,
        [Parameter(Mandatory, Position = 1)] [scriptblock] $ScriptBlock,
        [hashtable] $Parameters = @{},
        [object[]] $ArgumentList = @()
    )
    $module = @(Get-Module -Name $ModuleName -All | Where-Object ModuleType -eq 'Script')
    if ($module.Count -ne 1) {
        throw "InModuleScope needs exactly one loaded script module named '$ModuleName'; there are $($module.Count)."
    }
    & $module[0] {
        param($______block, $______parameters, $______arguments)
        foreach ($______key in $______parameters.Keys) {
            $ExecutionContext.SessionState.PSVariable.Set($______key, $______parameters[$______key])
        }
        $______own = [scriptblock]::Create($______block.ToString())
        if ($null -eq $______block.Ast.ParamBlock) { $______parameters = @{} }
        . $______own @______parameters @______arguments
    } $ScriptBlock $Parameters $ArgumentList
}
