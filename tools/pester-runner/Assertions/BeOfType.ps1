function Test-ShouldBeOfType($Actual, $Asked) {
    $type = $Asked['ExpectedValue']
    if ($type -is [string]) {
        $name = $type.Trim('[', ']')
        $type = $name -as [type]
        if ($null -eq $type) {
            # Not a .NET type: a name that the object carries (PSTypeName).
            $names = @(if ($null -ne $Actual) { $Actual.psobject.TypeNames })
            return @{ Holds = $names -contains $name; Expected = "a value of type '$name'"; Actual = "a value of type $(Get-TypeText $Actual)" }
        }
    }
    return @{ Holds = $Actual -is $type; Expected = "a value of type [$($type.FullName)]"; Actual = "$(Get-ValueText $Actual) of type $(Get-TypeText $Actual)" }
}

function Get-TypeText($Value) {
    if ($null -eq $Value) { return '$null' }
    return "[$($Value.GetType().FullName)]"
}
