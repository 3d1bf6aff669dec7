function Test-ShouldBeNullOrEmpty($Actual, $Asked) {
    $items = @($Actual)
    $isEmpty = $null -eq $Actual -or
        ($Actual -is [string] -and $Actual.Length -eq 0) -or
        ($Actual -is [System.Collections.IDictionary] -and $Actual.Count -eq 0) -or
        ((Test-IsList $Actual) -and ($items.Count -eq 0 -or ($items.Count -eq 1 -and [string]::IsNullOrEmpty($items[0]))))
    return @{ Holds = $isEmpty; Expected = '$null or empty'; Actual = (Get-ValueText $Actual) }
}
