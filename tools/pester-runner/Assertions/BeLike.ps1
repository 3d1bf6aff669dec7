function Test-ShouldBeLike($Actual, $Asked) {
    $pattern = [string] $Asked['ExpectedValue']
    return @{ Holds = $Actual -like $pattern; Expected = "like '$pattern'"; Actual = (Get-ValueText $Actual) }
}

function Test-ShouldBeLikeExactly($Actual, $Asked) {
    $pattern = [string] $Asked['ExpectedValue']
    return @{ Holds = $Actual -clike $pattern; Expected = "like '$pattern' in the same case"; Actual = (Get-ValueText $Actual) }
}
