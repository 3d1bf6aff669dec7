# Tests that must not pass: tests/tools/pester-runner.test.ts knows how many there are and what each one says.

Describe 'assertions' {
    It 'fails on a wrong value' { 1 + 1 | Should -Be 3 -Because 'sums are exact' }
    It 'fails on a wrong string' { 'abcd' | Should -Be 'abxd' }
    It 'fails when nothing is thrown' { { 1 } | Should -Throw }
    It 'fails on the wrong error' { { throw 'this' } | Should -Throw -ErrorId 'that' }
    It 'fails on an exception' { throw [InvalidOperationException]::new('on purpose') }
    It 'fails on a negated assertion' { 'x' | Should -Not -Be 'x' }
    It 'fails on one of many' { 1, 5 | Should -BeLessThan 3 }
    It 'fails for case <_>' -ForEach 1, 2 { $_ | Should -Be 0 }
    It 'fails when left by break' { break; 1 | Should -Be 2 }
    It 'fails when inconclusive' { Set-ItResult -Inconclusive -Because 'nobody knows' }
    It 'passes among them' { $true | Should -BeTrue }
}

Describe 'setup that fails' {
    BeforeAll { throw 'no setup' }
    AfterAll { $script:teardownRan = $true }
    It 'cannot run' { $true | Should -BeTrue }
    Context 'below' {
        It 'cannot run either' { $true | Should -BeTrue }
        It 'stays skipped' -Skip { $true | Should -BeTrue }
    }
}

Describe 'after it' {
    It 'has seen the teardown' { $script:teardownRan | Should -BeTrue }
}

Describe 'BeforeEach that fails' {
    BeforeEach { throw 'no start' }
    It 'cannot start' { $true | Should -BeTrue }
}

Describe 'AfterEach that fails' {
    AfterEach { throw 'no end' }
    It 'cannot end' { $true | Should -BeTrue }
}

Describe 'teardown that fails' {
    AfterAll { throw 'no teardown' }
    It 'runs itself' { $true | Should -BeTrue }
}
