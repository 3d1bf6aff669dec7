# The tree of one test file: blocks (Describe, Context, and the file itself as the root) and tests (It).

class TestNode {
    [string] $Name
    [string[]] $Tags = @()
    [bool] $IsSkipped
    [object] $Data
    [bool] $HasData
    [TestBlock] $Parent
    [string] $File
    [int] $Line
    [string] $ExpandedName

    [string] Path() {
        $own = if ($this.ExpandedName) { $this.ExpandedName } else { $this.Name }
        if ($null -eq $this.Parent -or $this.Parent.IsRoot) { return $own }
        return $this.Parent.Path() + '.' + $own
    }

    [string[]] AllTags() {
        if ($null -eq $this.Parent) { return $this.Tags }
        return $this.Parent.AllTags() + $this.Tags
    }

    [bool] IsSkippedHereOrAbove() {
        return $this.IsSkipped -or ($null -ne $this.Parent -and $this.Parent.IsSkippedHereOrAbove())
    }
}

class TestBlock : TestNode {
    [bool] $IsRoot
    [string] $Kind
    [System.Collections.Generic.List[scriptblock]] $BeforeAll = @()
    [System.Collections.Generic.List[scriptblock]] $BeforeEach = @()
    [System.Collections.Generic.List[scriptblock]] $AfterEach = @()
    [System.Collections.Generic.List[scriptblock]] $AfterAll = @()
    [System.Collections.Generic.List[TestNode]] $Children = @()

    [TestCase[]] Tests() {
        return @(foreach ($child in $this.Children) {
            if ($child -is [TestBlock]) { $child.Tests() } else { $child }
        })
    }
}

class TestCase : TestNode {
    [scriptblock] $Body
    [ValidateSet('NotRun', 'Passed', 'Failed', 'Skipped')] [string] $Result = 'NotRun'
    [string] $Reason = ''
    [bool] $IsSelected = $true
    [System.Collections.Generic.List[object]] $Failures = @()
    [double] $DurationMs
}

# One test file and what came of it. Failures here belong to no test: discovery, setup and teardown of the file.
class TestFile {
    [string] $Path
    [TestBlock] $Root
    [System.Collections.Generic.List[object]] $Failures = @()
    [double] $DurationMs
}
