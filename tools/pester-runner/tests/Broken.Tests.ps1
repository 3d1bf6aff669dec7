# Discovery of this file fails, so none of its tests may count as passed.
Describe 'broken' {
    It 'is found before the error' { $true | Should -BeTrue }
    throw 'discovery broke'
}
