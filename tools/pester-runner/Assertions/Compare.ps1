function Test-ShouldBeGreaterThan($Actual, $Asked) {
    $limit = $Asked['ExpectedValue']
    return @{ Holds = $Actual -gt $limit; Expected = "more than $(Get-ValueText $limit)"; Actual = (Get-ValueText $Actual) }
}

function Test-ShouldBeGreaterOrEqual($Actual, $Asked) {
    $limit = $Asked['ExpectedValue']
    return @{ Holds = $Actual -ge $limit; Expected = "$(Get-ValueText $limit) or more"; Actual = (Get-ValueText $Actual) }
}

function Test-ShouldBeLessThan($Actual, $Asked) {
    $limit = $Asked['ExpectedValue']
    return @{ Holds = $Actual -lt $limit; Expected = "less than $(Get-ValueText $limit)"; Actual = (Get-ValueText $Actual) }
}

function Test-ShouldBeLessOrEqual($Actual, $Asked) {
    $limit = $Asked['ExpectedValue']
    return @{ Holds = $Actual -le $limit; Expected = "$(Get-ValueText $limit) or less"; Actual = (Get-ValueText $Actual) }
}
