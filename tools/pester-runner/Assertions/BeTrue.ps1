function Test-ShouldBeTrue($Actual, $Asked) {
    return @{ Holds = [bool] $Actual; Expected = '$true'; Actual = (Get-ValueText $Actual) }
}

function Test-ShouldBeFalse($Actual, $Asked) {
    return @{ Holds = -not $Actual; Expected = '$false'; Actual = (Get-ValueText $Actual) }
}
