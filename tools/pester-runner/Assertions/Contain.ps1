function Test-ShouldContain($Actual, $Asked) {
    $expected = $Asked['ExpectedValue']
    return @{ Holds = @($Actual) -contains $expected; Expected = "$(Get-ValueText $expected) in the collection"; Actual = (Get-ValueText $Actual) }
}

function Test-ShouldBeIn($Actual, $Asked) {
    $expected = @($Asked['ExpectedValue'])
    return @{ Holds = $expected -contains $Actual; Expected = "one of $(Get-ValueText $expected)"; Actual = (Get-ValueText $Actual) }
}
