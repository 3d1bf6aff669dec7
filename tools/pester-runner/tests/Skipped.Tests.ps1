# One test passes here; the others are left out in every way there is, and counted.

Describe 'skipping' {
    It 'is skipped by a switch' -Skip { 1 | Should -Be 2 }
    It 'is skipped by itself' { Set-ItResult -Skipped -Because 'it is Tuesday'; 1 | Should -Be 2 }
    It 'runs' -Tag Kept { 1 | Should -Be 1 }
}

Describe 'a skipped block' -Skip {
    BeforeAll { throw 'never reached' }
    It 'is skipped with it' { 1 | Should -Be 2 }
}
