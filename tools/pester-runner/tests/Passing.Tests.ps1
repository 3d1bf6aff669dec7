# What Pester 5 promises and the runner must keep. Every test here passes, under Pester as well.

BeforeDiscovery {
    $discovered = @(@{ Name = 'one'; Size = 3 }, @{ Name = 'three'; Size = 5 })
}

BeforeAll {
    $fromFile = 'file'
    $script:order = [System.Collections.Generic.List[string]]::new()
    function Get-Greeting { 'hello' }
}

Describe 'scopes' {
    BeforeAll { $fromBlock = 'block'; $counter = 0 }
    BeforeEach { $each = 'each' }

    It 'shows the file''s BeforeAll in a test' { $fromFile | Should -Be 'file' }
    It 'shows the block''s BeforeAll and BeforeEach in a test' {
        $fromBlock | Should -Be 'block'
        $each | Should -Be 'each'
    }
    It 'shows functions of BeforeAll' { Get-Greeting | Should -Be 'hello' }
    It 'lets a test change a variable for itself' { $fromBlock = 'changed'; $fromBlock | Should -Be 'changed' }
    It 'does not carry that change into the next test' { $fromBlock | Should -Be 'block' }
    It 'carries script variables on' { $script:order.Add('a'); $script:order.Count | Should -Be 1 }
    It 'carries script variables on to later tests' { $script:order.Count | Should -Be 1 }
    It 'does not show variables of discovery' { Get-Variable -Name discovered -ErrorAction Ignore | Should -BeNullOrEmpty }
    It 'knows the file and its folder' {
        [IO.Path]::GetFileName($PSCommandPath) | Should -Be 'Passing.Tests.ps1'
        [IO.Path]::GetFileName($PSScriptRoot) | Should -Be 'tests'
    }

    Context 'inside' {
        BeforeAll { $fromBlock = 'inner' }
        It 'sees the inner value' { $fromBlock | Should -Be 'inner' }
    }

    Context 'beside' {
        It 'sees the outer value again' { $fromBlock | Should -Be 'block' }
    }
}

Describe 'order of setups' {
    BeforeAll { $log = [System.Collections.Generic.List[string]]::new() }
    BeforeEach { $log.Add('before outer') }
    AfterEach { $log.Add('after outer') }
    Context 'nested' {
        BeforeEach { $log.Add('before inner') }
        AfterEach { $log.Add('after inner') }
        It 'runs outer before inner' { $log | Should -Be @('before outer', 'before inner') }
        It 'runs after blocks inside out' { $log[2..3] | Should -Be @('after inner', 'after outer') }
    }
}

Describe 'data' {
    It 'fills <Name> of size <Size> into name and body' -TestCases $discovered {
        $Name.Length | Should -Be $Size
    }
    It 'binds parameters of <Value>' -ForEach @(@{ Value = 1 }, @{ Value = 2 }) {
        param($Value)
        $Value | Should -BeGreaterThan 0
    }
    It 'puts a plain item <_> into $_' -ForEach 1, 2, 3 { $_ | Should -BeIn 1, 2, 3 }
    It 'leaves <unknown> as it is written' { $true | Should -BeTrue }
    Context 'block for <Name>' -ForEach $discovered {
        BeforeAll { $length = $Name.Length }
        It 'has the data in BeforeAll' { $length | Should -Be $Size }
    }
}

Describe 'TestDrive' {
    It 'is a drive and a folder' {
        'text' | Set-Content TestDrive:/kept.txt
        "$TestDrive/kept.txt" | Should -Exist
        'TestDrive:/kept.txt' | Should -Exist
        Get-Content TestDrive:/kept.txt | Should -Be 'text'
    }
}

Describe 'TestDrive between blocks' {
    It 'is empty again' { "$TestDrive/kept.txt" | Should -Not -Exist }
}

Describe 'Should' {
    It 'compares values' {
        1 | Should -Be 1
        'A' | Should -Be 'a'
        'A' | Should -Not -BeExactly 'a'
        'A' | Should -BeExactly 'A'
        1, 2, 3 | Should -Be @(1, 2, 3)
        @(1, @(2, 3)) | Should -Be @(1, @(2, 3))
        $null | Should -Be $null
        3 | Should -BeGreaterThan 2
        3 | Should -BeGreaterOrEqual 3
        2 | Should -BeLessThan 3
        3 | Should -BeLessOrEqual 3
        1, 2 | Should -BeGreaterThan 0
    }
    It 'knows emptiness' {
        $null | Should -BeNullOrEmpty
        '' | Should -BeNullOrEmpty
        @() | Should -BeNullOrEmpty
        0 | Should -Not -BeNullOrEmpty
        @{} | Should -BeNullOrEmpty
        1, 2 | Should -Not -BeNullOrEmpty
    }
    It 'knows truth' {
        $true | Should -BeTrue
        1 | Should -BeTrue
        0 | Should -BeFalse
    }
    It 'knows types' {
        1 | Should -BeOfType [int]
        'a' | Should -BeOfType ([string])
        'a' | Should -Not -BeOfType int
    }
    It 'knows patterns' {
        'hello' | Should -BeLike 'H*'
        'hello' | Should -Match '^HE'
        'hello' | Should -MatchExactly '^he'
        'hello' | Should -Not -MatchExactly '^HE'
    }
    It 'knows collections' {
        1, 2 | Should -Contain 2
        1, 2 | Should -Not -Contain 3
        2 | Should -BeIn 1, 2
        1, 2 | Should -HaveCount 2
        @() | Should -HaveCount 0
        'a' | Should -HaveCount 1
    }
    It 'knows exceptions' {
        { throw 'some [odd] message' } | Should -Throw
        { throw 'some [odd] message' } | Should -Throw '*[odd]*'
        { throw 'some message' } | Should -Throw -ExpectedMessage 'some message'
        { [int]'x' } | Should -Throw -ExceptionType ([System.Management.Automation.RuntimeException])
        { Get-Item -LiteralPath TestDrive:/no -ErrorAction Stop } | Should -Throw -ErrorId 'PathNotFound,*'
        { 1 } | Should -Not -Throw
        $record = { throw 'kept' } | Should -Throw -PassThru
        $record.Exception.Message | Should -Be 'kept'
    }
    It 'knows parameters' {
        Get-Command Import-Module | Should -HaveParameter Name -Mandatory -Type ([string[]])
        Get-Command Import-Module | Should -Not -HaveParameter Nowhere
    }
    It 'takes a reason' { 1 | Should -Be 1 -Because 'one is one' }
    It 'takes -ActualValue' { Should -ActualValue 5 -Be 5 }
}

Describe 'InModuleScope' {
    BeforeAll {
        $module = New-Module -Name RunnerSample -ScriptBlock {
            $hidden = 41
            function Get-Hidden { $script:hidden }
            Export-ModuleMember
        }
        Import-Module $module
    }
    AfterAll { Remove-Module RunnerSample }
    It 'reaches what a module keeps private' {
        InModuleScope RunnerSample { Get-Hidden } | Should -Be 41
        InModuleScope RunnerSample { $hidden + $add } -Parameters @{ add = 1 } | Should -Be 42
    }
    It 'may assert inside the module' { InModuleScope RunnerSample { $hidden | Should -Be 41 } }
}
