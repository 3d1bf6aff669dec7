# The commands of a test file as they act while the file is discovered.

$script:CurrentBlock = $null
# Script blocks that belong to the session state of the tests; see Invoke-PesterRunner.ps1.
$script:InTestScope = $null

function Describe {
    [CmdletBinding()]
    param(
        [Parameter(Mandatory, Position = 0)] [string] $Name,
        [Parameter(Position = 1)] [scriptblock] $Fixture,
        [Alias('Tags')] [string[]] $Tag = @(),
        [switch] $Skip,
        [AllowEmptyCollection()] [object[]] $ForEach
    )
    $kind = if ($MyInvocation.InvocationName -eq 'Context') { 'Context' } else { 'Describing' }
    Add-TestBlock -Kind $kind -Invocation $MyInvocation -Parameters $PSBoundParameters
}

# The same thing under another name, which the output shows.
Set-Alias -Name Context -Value Describe

function It {
    [CmdletBinding()]
    param(
        [Parameter(Mandatory, Position = 0)] [string] $Name,
        [Parameter(Position = 1)] [scriptblock] $Test,
        [Alias('Tags')] [string[]] $Tag = @(),
        [switch] $Skip,
        [Alias('ForEach')] [AllowEmptyCollection()] [object[]] $TestCases
    )
    Assert-Discovering 'It' $MyInvocation
    if ($null -eq $script:CurrentBlock -or $script:CurrentBlock.IsRoot) {
        throw 'It belongs inside a Describe or Context.'
    }
    if ($null -eq $Test) {
        throw "The test '$Name' has no script block: is its opening brace on the next line?"
    }
    $hasData = $PSBoundParameters.ContainsKey('TestCases')
    if ($hasData -and @($TestCases).Count -eq 0) {
        throw "The test '$Name' has -TestCases (-ForEach) without a single case, so it would never run."
    }
    foreach ($data in $(if ($hasData) { , $TestCases } else { , @($null) })) {
        $case = [TestCase]::new()
        $case.Body = $Test
        Initialize-TestNode $case $Name $Tag $Skip $hasData $data $MyInvocation
    }
}

function BeforeDiscovery {
    [CmdletBinding()]
    param([Parameter(Mandatory, Position = 0)] [scriptblock] $ScriptBlock)
    Assert-Discovering 'BeforeDiscovery' $MyInvocation
    . $ScriptBlock
}

function BeforeAll {
    [CmdletBinding()]
    param([Parameter(Mandatory, Position = 0)] [scriptblock] $ScriptBlock)
    Assert-Discovering 'BeforeAll' $MyInvocation
    $script:CurrentBlock.BeforeAll.Add($ScriptBlock)
}

function BeforeEach {
    [CmdletBinding()]
    param([Parameter(Mandatory, Position = 0)] [scriptblock] $ScriptBlock)
    Assert-Discovering 'BeforeEach' $MyInvocation
    $script:CurrentBlock.BeforeEach.Add($ScriptBlock)
}

function AfterEach {
    [CmdletBinding()]
    param([Parameter(Mandatory, Position = 0)] [scriptblock] $ScriptBlock)
    Assert-Discovering 'AfterEach' $MyInvocation
    $script:CurrentBlock.AfterEach.Add($ScriptBlock)
}

function AfterAll {
    [CmdletBinding()]
    param([Parameter(Mandatory, Position = 0)] [scriptblock] $ScriptBlock)
    Assert-Discovering 'AfterAll' $MyInvocation
    $script:CurrentBlock.AfterAll.Add($ScriptBlock)
}

# Executes a file for its blocks. What goes wrong becomes a failure of the file.
function Find-TestInFile([string] $Path) {
    $file = [TestFile]@{ Path = $Path; Root = [TestBlock]@{ IsRoot = $true; Name = $Path; File = $Path } }
    $script:CurrentBlock = $file.Root
    try {
        $null = & $script:InTestScope.Execute $Path
    }
    catch {
        $failure = ConvertTo-Failure $_ 'Discovery'
        $file.Failures.Add($failure)
        foreach ($test in $file.Root.Tests()) {
            $test.Result = 'Failed'
            $test.Failures.Add($failure)
        }
    }
    finally {
        $script:CurrentBlock = $null
    }
    if ($file.Failures.Count -eq 0 -and $file.Root.Tests().Count -eq 0) {
        $file.Failures.Add((New-Failure 'The file has no test.' "at $Path" 'Discovery'))
    }
    return $file
}

function Add-TestBlock([string] $Kind, $Invocation, $Parameters) {
    Assert-Discovering $Invocation.MyCommand.Name $Invocation
    $name = $Parameters['Name']
    $fixture = $Parameters['Fixture']
    if ($null -eq $fixture) {
        throw "The block '$name' has no script block: is its opening brace on the next line?"
    }
    $hasData = $Parameters.ContainsKey('ForEach')
    if ($hasData -and @($Parameters['ForEach']).Count -eq 0) {
        throw "The block '$name' has -ForEach without a single item, so its tests would never run."
    }
    $tags = if ($Parameters.ContainsKey('Tag')) { $Parameters['Tag'] } else { @() }
    $isSkipped = $Parameters.ContainsKey('Skip') -and $Parameters['Skip']
    foreach ($data in $(if ($hasData) { , $Parameters['ForEach'] } else { , @($null) })) {
        $block = [TestBlock]@{ Kind = $Kind }
        Initialize-TestNode $block $name $tags $isSkipped $hasData $data $Invocation
        $script:CurrentBlock = $block
        try {
            & $script:InTestScope.Discover $fixture $hasData $data
        }
        finally {
            $script:CurrentBlock = $block.Parent
        }
    }
}

function Initialize-TestNode([TestNode] $Node, $Name, $Tags, $IsSkipped, $HasData, $Data, $Invocation) {
    $Node.Name = $Name
    $Node.Tags = $Tags
    $Node.IsSkipped = [bool] $IsSkipped
    $Node.HasData = $HasData
    $Node.Data = $Data
    $Node.Parent = $script:CurrentBlock
    $Node.File = $Invocation.ScriptName
    $Node.Line = $Invocation.ScriptLineNumber
    $script:CurrentBlock.Children.Add($Node)
}

function Assert-Discovering([string] $Command, $Invocation) {
    if ($null -eq $script:CurrentBlock) {
        throw "$Command can only be used while a test file is discovered, not inside a test (line $($Invocation.ScriptLineNumber))."
    }
}
