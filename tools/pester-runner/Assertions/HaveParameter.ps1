function Test-ShouldHaveParameter($Actual, $Asked) {
    if ($Actual -isnot [System.Management.Automation.CommandInfo]) { throw 'Should -HaveParameter is asked about a command: Get-Command Name | Should -HaveParameter ...' }
    $name = if ($Asked.ContainsKey('ParameterName')) { $Asked['ParameterName'] } else { [string] $Asked['ExpectedValue'] }
    $parameter = if ($null -ne $Actual.Parameters -and $Actual.Parameters.ContainsKey($name)) { $Actual.Parameters[$name] }
    $missing = @(if ($null -eq $parameter) { 'the parameter' } else { Get-MissingTrait $Actual $parameter $Asked })
    $traits = @('Type', 'Mandatory', 'InParameterSet', 'DefaultValue', 'HasArgumentCompleter', 'Alias' | Where-Object { $Asked.ContainsKey($_) })
    $with = if ($traits) { " with $($traits -join ', ')" } else { '' }
    return @{
        Holds = $missing.Count -eq 0
        Expected = "command '$($Actual.Name)' to have a parameter '$name'$with"
        Actual = $(if ($missing.Count -eq 0) { 'one' } else { "a command that lacks $($missing -join ', ')" })
    }
}

function Get-MissingTrait($Command, $Parameter, $Asked) {
    $attributes = @($Parameter.Attributes | Where-Object { $_ -is [System.Management.Automation.ParameterAttribute] })
    if ($Asked.ContainsKey('Type')) {
        $type = $Asked['Type']
        if ($type -isnot [type]) { $type = ([string] $type).Trim('[', ']') -as [type] }
        if ($Parameter.ParameterType -ne $type) { "the type $($Asked['Type']) (it is [$($Parameter.ParameterType.FullName)])" }
    }
    if ($Asked.ContainsKey('Mandatory')) {
        $isMandatory = @($attributes | Where-Object { $_.Mandatory }).Count -gt 0
        if ($isMandatory -ne $Asked['Mandatory'].IsPresent) { "Mandatory:$($Asked['Mandatory'])" }
    }
    if ($Asked.ContainsKey('InParameterSet') -and -not $Parameter.ParameterSets.ContainsKey($Asked['InParameterSet'])) { "the parameter set $($Asked['InParameterSet'])" }
    if ($Asked.ContainsKey('Alias')) {
        foreach ($alias in $Asked['Alias']) { if ($Parameter.Aliases -notcontains $alias) { "the alias $alias" } }
    }
    if ($Asked.ContainsKey('HasArgumentCompleter')) {
        $hasCompleter = @($Parameter.Attributes | Where-Object { $_ -is [System.Management.Automation.ArgumentCompleterAttribute] -or $_ -is [System.Management.Automation.ArgumentCompletionsAttribute] }).Count -gt 0
        if (-not $hasCompleter) { 'an argument completer' }
    }
    if ($Asked.ContainsKey('DefaultValue')) {
        $text = Get-DefaultText $Command $Parameter.Name
        if ($text -ne $Asked['DefaultValue']) { "the default value '$($Asked['DefaultValue'])' (it is '$text')" }
    }
}

function Get-DefaultText($Command, [string] $Name) {
    if ($Command -isnot [System.Management.Automation.FunctionInfo]) { return '' }
    $block = $Command.ScriptBlock.Ast.Find({ $args[0] -is [System.Management.Automation.Language.ParamBlockAst] }, $false)
    $found = @(if ($block) { $block.Parameters | Where-Object { $_.Name.VariablePath.UserPath -eq $Name } })
    if ($found.Count -eq 0 -or $null -eq $found[0].DefaultValue) { return '' }
    return $found[0].DefaultValue.Extent.Text.Trim('"', "'")
}
