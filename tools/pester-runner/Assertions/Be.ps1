function Test-ShouldBe($Actual, $Asked) { return Get-EqualityVerdict $Actual $Asked['ExpectedValue'] $false }

function Test-ShouldBeExactly($Actual, $Asked) { return Get-EqualityVerdict $Actual $Asked['ExpectedValue'] $true }

function Get-EqualityVerdict($Actual, $Expected, [bool] $IsCaseSensitive) {
    $holds = Test-SameValue $Actual $Expected $IsCaseSensitive
    $actualText = Get-ValueText $Actual
    if (-not $holds -and $Actual -is [string] -and $Expected -is [string]) {
        $actualText += " ($(Get-StringDifference $Actual $Expected $IsCaseSensitive))"
    }
    return @{ Holds = $holds; Expected = (Get-ValueText $Expected); Actual = $actualText }
}

function Test-SameValue($First, $Second, [bool] $IsCaseSensitive) {
    $isFirstList = Test-IsList $First
    $isSecondList = Test-IsList $Second
    if (-not $isFirstList -and -not $isSecondList) {
        return [bool] $(if ($IsCaseSensitive) { $First -ceq $Second } else { $First -eq $Second })
    }
    # A list of one item is the same as the item: a pipeline does not tell them apart.
    $firstItems = @($First)
    $secondItems = @($Second)
    if ($firstItems.Count -ne $secondItems.Count) { return $false }
    for ($index = 0; $index -lt $firstItems.Count; $index++) {
        $firstItem = $firstItems[$index]
        $secondItem = $secondItems[$index]
        $areLists = (Test-IsList $firstItem) -or (Test-IsList $secondItem)
        if ($areLists -and ([object]::ReferenceEquals($firstItem, $First) -or [object]::ReferenceEquals($secondItem, $Second))) { return $false }
        if (-not (Test-SameValue $firstItem $secondItem $IsCaseSensitive)) { return $false }
    }
    return $true
}

function Test-IsList($Value) {
    return $Value -is [System.Collections.IEnumerable] -and $Value -isnot [string] -and $Value -isnot [System.Collections.IDictionary] -and $Value -isnot [xml]
}

function Get-StringDifference([string] $Actual, [string] $Expected, [bool] $IsCaseSensitive) {
    $comparison = if ($IsCaseSensitive) { [StringComparison]::Ordinal } else { [StringComparison]::OrdinalIgnoreCase }
    $shorter = [Math]::Min($Actual.Length, $Expected.Length)
    $index = 0
    while ($index -lt $shorter -and [string]::Compare($Actual, $index, $Expected, $index, 1, $comparison) -eq 0) { $index++ }
    return "lengths $($Expected.Length) and $($Actual.Length), first difference at index $index"
}
