# Values as a failure message shows them.

function Get-ValueText($Value) {
    if ($Value -is [psobject]) { $Value = $Value.psobject.BaseObject }
    if ($null -eq $Value) { return '$null' }
    if ($Value -is [bool]) { return "`$$($Value.ToString().ToLowerInvariant())" }
    if ($Value -is [string]) { return "'$Value'" }
    if ($Value -is [type]) { return "[$($Value.FullName)]" }
    if ($Value -is [scriptblock]) { return "{$Value}" }
    if ($Value -is [datetime]) { return $Value.ToString('o') }
    if ($Value -is [System.Collections.IDictionary]) {
        $entries = foreach ($key in $Value.Keys) { "$key=$(Get-ValueText $Value[$key])" }
        return "@{$($entries -join '; ')}"
    }
    if ($Value -is [System.Collections.IEnumerable]) {
        $items = @(foreach ($item in $Value) { Get-ValueText $item })
        if ($items.Count -gt 20) { $items = @($items[0..19]) + "...$($items.Count - 20) more" }
        return "@($($items -join ', '))"
    }
    if ($Value -is [System.Management.Automation.PSCustomObject]) { return "[pscustomobject]$Value" }
    if ($Value -is [ValueType]) { return [string] $Value }
    return "[$($Value.GetType().FullName)] $Value"
}

function Get-BecauseText([string] $Because) {
    if ([string]::IsNullOrWhiteSpace($Because)) { return '' }
    return " because $($Because.Trim() -replace '^because\s+'),"
}
