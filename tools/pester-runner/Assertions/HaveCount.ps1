function Test-ShouldHaveCount($Actual, $Asked) {
    $wanted = [int] $Asked['ExpectedValue']
    # A dictionary counts as one thing, nothing at all as none.
    $count = if ($null -eq $Actual) { 0 } else { @($Actual).Count }
    return @{ Holds = $count -eq $wanted; Expected = "a collection of $wanted"; Actual = "one of ${count}: $(Get-ValueText $Actual)" }
}
