function Test-ShouldMatch($Actual, $Asked) {
    $pattern = [string] $Asked['ExpectedValue']
    return @{ Holds = $Actual -match $pattern; Expected = "a match of the regular expression '$pattern'"; Actual = (Get-ValueText $Actual) }
}

function Test-ShouldMatchExactly($Actual, $Asked) {
    $pattern = [string] $Asked['ExpectedValue']
    return @{ Holds = $Actual -cmatch $pattern; Expected = "a match of the regular expression '$pattern' in the same case"; Actual = (Get-ValueText $Actual) }
}
