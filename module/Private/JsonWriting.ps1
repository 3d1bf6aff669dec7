# Values as JSON in ASCII, beyond what ConvertTo-TbsJson does itself.

function Convert-TbsValueToJson($Value) {
    if ($null -eq $Value) { return 'null' }
    if ($Value -is [bool]) { if ($Value) { return 'true' } else { return 'false' } }
    if ($Value -is [System.Collections.IDictionary]) {
        $parts = foreach ($key in $Value.Keys) { (ConvertTo-TbsJsonString "$key") + ':' + (ConvertTo-TbsJson $Value[$key]) }
        return '{' + ($parts -join ',') + '}'
    }
    if ($Value -is [System.Management.Automation.PSCustomObject]) {
        $parts = foreach ($property in $Value.PSObject.Properties) {
            (ConvertTo-TbsJsonString $property.Name) + ':' + (ConvertTo-TbsJson $property.Value)
        }
        return '{' + ($parts -join ',') + '}'
    }
    if ($Value -is [System.Collections.IEnumerable]) {
        $parts = foreach ($element in $Value) { ConvertTo-TbsJson $element }
        return '[' + ($parts -join ',') + ']'
    }
    if ($Value -is [datetime]) { return '"' + $Value.ToUniversalTime().ToString('o') + '"' }
    if ($Value -is [enum]) { return "$([int64]$Value)" }
    if ($Value -is [ValueType] -and $Value -isnot [char]) { return $Value.ToString([cultureinfo]::InvariantCulture) }
    ConvertTo-TbsJsonString "$Value"
}

function ConvertTo-TbsEscapedString([string]$Text) {
    $parts = foreach ($character in $Text.ToCharArray()) {
        $code = [int]$character
        if ($code -ge 0x20 -and $code -le 0x7E -and $code -ne 0x22 -and $code -ne 0x5C) { $character } else { '\u{0:x4}' -f $code }
    }
    '"' + (-join $parts) + '"'
}
