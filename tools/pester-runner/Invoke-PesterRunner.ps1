<#
.SYNOPSIS
    Runs Pester 5 test files where Pester is not installed; the exit code is 1 when anything failed.
.EXAMPLE
    pwsh -NoProfile -File tools/pester-runner/Invoke-PesterRunner.ps1 -Path Pester -Output Detailed
#>
param(
    [Parameter(Mandatory, Position = 0)] [string[]] $Path,
    [string[]] $Tag = @(),
    [string[]] $ExcludeTag = @(),
    [string] $FullNameFilter = '',
    [ValidateSet('Normal', 'Detailed')] [string] $Output = 'Detailed',
    [string] $ResultPath = ''
)

Import-Module "$PSScriptRoot/PesterRunner.psd1" -Global -Force -DisableNameChecking

# These blocks belong to this script's session state and not to the module's. Test code that they dot-source sees and
# leaves its variables in their scopes, so that BeforeAll reaches every It below it and nothing of the runner is seen.
$______scope = @{
    Execute = { & $args[0] }

    SetGlobal = { $ExecutionContext.SessionState.PSVariable.Set("global:$($args[0])", $args[1]) }

    Discover = {
        if ($args[1]) {
            $ExecutionContext.SessionState.PSVariable.Set('_', $args[2])
            if ($args[2] -is [System.Collections.IDictionary]) {
                foreach ($______key in @($args[2].Keys)) { $ExecutionContext.SessionState.PSVariable.Set($______key, $args[2][$______key]) }
            }
        }
        . $args[0]
    }

    RunBlock = {
        $______block = $args[0]
        $______children = $args[1]
        $______stage = 'BeforeAll'
        if ($______block.HasData) {
            $ExecutionContext.SessionState.PSVariable.Set('_', $______block.Data)
            if ($______block.Data -is [System.Collections.IDictionary]) {
                foreach ($______key in @($______block.Data.Keys)) { $ExecutionContext.SessionState.PSVariable.Set($______key, $______block.Data[$______key]) }
            }
        }
        try {
            foreach ($______part in $______block.BeforeAll) { $null = . $______part }
            $______stage = 'the blocks below'
            . $______expandName $______block
            & $______children
        }
        catch {
            [pscustomobject]@{ Stage = $______stage; Error = $_ }
        }
        foreach ($______part in $______block.AfterAll) {
            try { $null = . $______part }
            catch { [pscustomobject]@{ Stage = 'AfterAll'; Error = $_ } }
        }
    }

    RunTest = {
        $______test = $args[0]
        $______befores = $args[1]
        $______afters = $args[2]
        $______parameters = @{}
        $______stage = 'BeforeEach'
        if ($______test.HasData) {
            $ExecutionContext.SessionState.PSVariable.Set('_', $______test.Data)
            if ($______test.Data -is [System.Collections.IDictionary]) {
                foreach ($______key in @($______test.Data.Keys)) { $ExecutionContext.SessionState.PSVariable.Set($______key, $______test.Data[$______key]) }
                if ($null -ne $______test.Body.Ast.ParamBlock) {
                    foreach ($______name in $______test.Body.Ast.ParamBlock.Parameters.Name.VariablePath.UserPath) {
                        if ($______test.Data.Contains($______name)) { $______parameters[$______name] = $______test.Data[$______name] }
                    }
                }
            }
        }
        try {
            . $______expandName $______test
            foreach ($______part in $______befores) { $null = . $______part }
            $______stage = 'It'
            $______ended = $false
            # The loop keeps a stray break or continue of the test from ending the runner's own loops.
            do {
                $null = . $______test.Body @______parameters
                $______ended = $true
            } until ($true)
            if (-not $______ended) { throw 'The test was left by break or continue outside a loop, so its rest did not run.' }
        }
        catch {
            [pscustomobject]@{ Stage = $______stage; Error = $_ }
        }
        foreach ($______part in $______afters) {
            try { $null = . $______part }
            catch { [pscustomobject]@{ Stage = 'AfterEach'; Error = $_ } }
        }
    }
}

# Puts values in place of <name>, <_> and <name.Property>. A name that is no variable stays as it is written.
$______expandName = {
    $args[0].ExpandedName = [regex]::Replace($args[0].Name, '<([\w.]+)>', {
        $______first, $______rest = $args[0].Groups[1].Value.Split('.')
        $______variable = $ExecutionContext.SessionState.PSVariable.Get($______first)
        if ($null -eq $______variable) { return $args[0].Value }
        $______value = $______variable.Value
        foreach ($______member in $______rest) { $______value = if ($null -eq $______value) { $null } else { $______value.$______member } }
        return [string] $______value
    })
}

$______failed = Invoke-PesterRunner @PSBoundParameters -TestScope $______scope
exit [Math]::Min(1, $______failed)
