# Conventions as tests: they find the cmdlets by themselves, so that a new one is held to them as well.

BeforeDiscovery {
    $folder = [IO.Path]::GetFullPath("$PSScriptRoot/../module")
    $cmdlets = foreach ($file in [IO.Directory]::GetFiles("$folder/Public", '*.ps1')) { @{ Name = [IO.Path]::GetFileNameWithoutExtension($file); Path = $file } }
    # The C# ones as well, each under the name that its attribute declares.
    $cmdlets = @($cmdlets) + @(foreach ($file in [IO.Directory]::GetFiles("$folder/src/Cmdlets", '*.cs')) {
            $declared = [regex]::Match([IO.File]::ReadAllText($file), '\[Cmdlet\(Verbs\w+\.(\w+), "(\w+)"')
            @{ Name = "$($declared.Groups[1].Value)-$($declared.Groups[2].Value)"; Path = $file }
        })
    $sources = foreach ($file in @([IO.Directory]::GetFiles("$folder/Public", '*.ps1')) + [IO.Directory]::GetFiles("$folder/Private", '*.ps1') + "$folder/TpmTbs.psm1") {
        @{ Name = [IO.Path]::GetFileName($file); Path = $file }
    }
}

BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
    $broker = Connect-SharedBroker
    function Get-Tree([string]$Path) {
        $tokens = $problems = $null
        $tree = [System.Management.Automation.Language.Parser]::ParseFile($Path, [ref]$tokens, [ref]$problems)
        if ($problems) { throw "$Path does not parse: $($problems[0])" }
        [pscustomobject]@{ Tree = $tree; Tokens = $tokens }
    }
    $module = Get-Module TpmTbs
    # Verbs that change nothing. Update-TbsPolicy has the broker read at once what it would read by itself.
    $readers = 'Get', 'Test', 'ConvertTo', 'Update'
}

Describe 'the module' {
    It 'exports exactly the files of module/Public, by name' {
        $files = [IO.Directory]::GetFiles("$RepositoryRoot/module/Public", '*.ps1') | ForEach-Object { [IO.Path]::GetFileNameWithoutExtension($_) } | Sort-Object
        $module.ExportedCommands.Count | Should -BeGreaterThan 40
        $manifest = [IO.File]::ReadAllText("$RepositoryRoot/TpmTbs.psd1")
        $list = [regex]::Match($manifest, "FunctionsToExport\s*=((?:\s*'[^']*',?)+)").Groups[1].Value
        $list | Should -Not -BeLike '*`**'
        $listed = [regex]::Matches($list, "'([^']+)'") | ForEach-Object { $_.Groups[1].Value } | Sort-Object
        $listed | Should -Be $files
        @($module.ExportedFunctions.Keys | Sort-Object) | Should -Be $files
    }

    It 'loads what the build made, or the sources where it was not built or they are asked for' {
        $copy = "$TestDrive/copy"
        [void][IO.Directory]::CreateDirectory("$copy/module/dist")
        foreach ($folder in 'Public', 'Private') {
            [void][IO.Directory]::CreateDirectory("$copy/module/$folder")
            foreach ($file in [IO.Directory]::GetFiles("$RepositoryRoot/module/$folder", '*.ps1')) { [IO.File]::Copy($file, "$copy/module/$folder/$([IO.Path]::GetFileName($file))") }
        }
        [IO.File]::Copy("$RepositoryRoot/module/TpmTbs.psm1", "$copy/module/TpmTbs.psm1")
        $built = "$copy/module/dist/TpmTbs.functions.ps1"
        [IO.File]::WriteAllText($built, "function Get-FromBuild { 'built' }`nfunction Close-TbsConnection { }`n")
        $fromBuild = Import-Module "$copy/module/TpmTbs.psm1" -PassThru -Force
        $fromBuild.ExportedFunctions.Keys | Should -Contain 'Get-FromBuild'
        Remove-Module $fromBuild
        $env:TPMTBS_MODULE_SOURCES = '1'
        try {
            $asked = Import-Module "$copy/module/TpmTbs.psm1" -PassThru -Force -DisableNameChecking
            $asked.ExportedFunctions.Keys | Should -Not -Contain 'Get-FromBuild'
            $asked.ExportedFunctions.Keys | Should -Contain 'Get-TbsLockout'
            Remove-Module $asked
        }
        finally { $env:TPMTBS_MODULE_SOURCES = $null }
        [IO.File]::Delete($built)
        $notBuilt = Import-Module "$copy/module/TpmTbs.psm1" -PassThru -Force -DisableNameChecking
        $notBuilt.ExportedFunctions.Keys | Should -Contain 'Get-TbsLockout'
        Remove-Module $notBuilt
        Import-Module "$RepositoryRoot/TpmTbs.psd1" -Global -Force
    }

    It 'was built from the sources as they are' -Skip:(-not [IO.File]::Exists([IO.Path]::GetFullPath("$PSScriptRoot/../module/dist/TpmTbs.functions.ps1"))) {
        # Throws, with what is not up to date, where the exit code is not 0.
        Invoke-Program 'node' "$RepositoryRoot/tools/build-module.mjs", '--check' | Should -BeNullOrEmpty
    }

    It 'has a test file for every cmdlet' {
        foreach ($name in $module.ExportedCommands.Keys) { "$PSScriptRoot/$name.Tests.ps1" | Should -Exist }
    }
}

Describe 'the cmdlet <Name>' -ForEach $cmdlets {
    BeforeAll {
        $command = Get-Command -Module TpmTbs -Name $Name
        $help = Get-Help $Name -Full
        $verb, $noun = $Name.Split('-')
        $own = @($command.Parameters.Values | Where-Object {
                [System.Management.Automation.Cmdlet]::CommonParameters -notcontains $_.Name -and
                [System.Management.Automation.Cmdlet]::OptionalCommonParameters -notcontains $_.Name })
        $changes = $readers -notcontains $verb
    }

    It 'has an approved verb and a singular noun' {
        (Get-Verb $verb).Verb | Should -Be $verb
        $noun | Should -Match '^(Tbs|Tpm)[A-Z][A-Za-z]*$|^Tpm$'
        # Status is singular.
        $noun | Should -Not -Match '[^su]s$'
    }

    It 'has help: synopsis, description, every parameter, examples and outputs' {
        $help.Synopsis | Should -Match '^[A-Z][^\n]*\.$'
        "$($help.description.Text)".Length | Should -BeGreaterThan 40
        @($help.examples.example).Count | Should -BeGreaterThan 0
        "$($help.examples.example[0].code)" | Should -Match $verb
        "$($help.returnValues.returnValue.type.name)" | Should -Not -BeNullOrEmpty
        foreach ($parameter in $own) {
            $documented = @($help.parameters.parameter | Where-Object { $_.name -eq $parameter.Name })
            "$($documented.description.Text)" | Should -Not -BeNullOrEmpty -Because "-$($parameter.Name) of $Name needs help"
        }
    }

    It 'names the types that it gives, each with a default view' {
        $types = @($command.OutputType.Name)
        $types.Count | Should -BeGreaterThan 0
        $formats = [IO.File]::ReadAllText("$RepositoryRoot/module/TpmTbs.format.ps1xml")
        foreach ($type in $types | Where-Object { $_ -like 'TpmTbs.*' }) { $formats | Should -BeLike "*<TypeName>$type</TypeName>*" }
    }

    It 'has -WhatIf and -Confirm exactly if it changes something' {
        $command.Parameters.ContainsKey('WhatIf') | Should -Be ($changes -or $Name -eq 'Export-TbsPolicy')
        if ($command.Parameters.ContainsKey('WhatIf')) {
            # By itself, or in the one function that it hands its change to.
            $text = [IO.File]::ReadAllText($Path)
            $text | Should -Match 'ShouldProcess\(|Confirmed\(|ChangeList\(|Edit-TbsCommandList|OutputFile\.Write\('
        }
    }

    It 'completes commands, classes, settings, users and contexts' {
        foreach ($parameter in $own) {
            if ($parameter.Name -notin 'Command', 'Name', 'Ordinal', 'Class', 'User', 'Context', 'ContextId', 'Level', 'Kind', 'Priority', 'TpmVersion') { continue }
            if ($noun -notlike 'Tbs*') { continue }
            if ($parameter.Name -eq 'Command' -and $verb -eq 'Submit') { continue }
            $completes = @($parameter.Attributes | Where-Object { $_ -is [ArgumentCompleter] -or $_ -is [ValidateSet] })
            $completes.Count | Should -BeGreaterThan 0 -Because "-$($parameter.Name) of $Name should complete"
        }
    }
}

Describe 'the source <Name>' -ForEach $sources {
    It 'is in the language that Windows PowerShell 5.1 and PowerShell 7 share' {
        $parsed = Get-Tree $Path
        $newer = $parsed.Tokens | Where-Object { $_.Kind.ToString() -in 'QuestionQuestion', 'QuestionQuestionEquals', 'QuestionDot', 'QuestionLBracket', 'AndAnd', 'OrOr', 'QuestionMark' }
        $newer | ForEach-Object Text | Should -BeNullOrEmpty
        $parsed.Tree.FindAll({ $args[0].GetType().Name -in 'TernaryExpressionAst', 'PipelineChainAst' }, $true) | Should -BeNullOrEmpty
        # Classes cost every import time.
        $parsed.Tree.FindAll({ $args[0] -is [System.Management.Automation.Language.TypeDefinitionAst] }, $true) | Should -BeNullOrEmpty
    }

    It 'calls only its own functions and the core cmdlets' {
        $parsed = Get-Tree $Path
        $calls = @($parsed.Tree.FindAll({ $args[0] -is [System.Management.Automation.Language.CommandAst] }, $true) | ForEach-Object { $_.GetCommandName() } | Where-Object { $_ })
        $functions = & $module { Get-Command -CommandType Function -Name '*-T*', '*-Pascal*' } | ForEach-Object Name
        foreach ($call in $calls) {
            if ($functions -contains $call) { continue }
            $found = Get-Command $call -ErrorAction SilentlyContinue
            "$call of $($found.ModuleName)$($found.Source)" | Should -BeLike '*Microsoft.PowerShell.Core*' -Because "$Name must not need other modules"
        }
    }
}

Describe 'these tests themselves' {
    It 'see a cmdlet of another module and newer syntax when there is one' {
        [IO.File]::WriteAllText("$TestDrive/bad.ps1", 'function Get-TbsBad { New-Object object; $a = $b ?? 1 }')
        $parsed = Get-Tree "$TestDrive/bad.ps1"
        @($parsed.Tokens | Where-Object { $_.Kind.ToString() -eq 'QuestionQuestion' }).Count | Should -Be 1
        @($parsed.Tree.FindAll({ $args[0] -is [System.Management.Automation.Language.CommandAst] }, $true) | ForEach-Object { $_.GetCommandName() }) | Should -Contain 'New-Object'
    }
}

Describe 'completion' {
    It 'offers <expected> for <line>' -TestCases @(
        @{ line = 'Add-TbsCommandBlock TPM2_GetR'; expected = 'TPM2_GetRandom' }
        @{ line = 'Test-TbsCommandBlock GetR'; expected = 'TPM2_GetRandom' }
        @{ line = 'Test-TbsCommandBlock 0x17B'; expected = '0x17B' }
        @{ line = 'Test-TbsCommandBlock 379'; expected = '379' }
        @{ line = 'Get-TbsPolicy ignoreLo'; expected = 'ignoreLocalList' }
        @{ line = 'Grant-TbsCommand TPM2_Clear -Class Stand'; expected = 'StandardUser' }
        @{ line = 'Submit-TbsCommand 80 -Priority Hi'; expected = 'High' }
    ) {
        @((TabExpansion2 -inputScript $line -cursorColumn $line.Length).CompletionMatches | ForEach-Object CompletionText) | Should -Contain $expected
    }
}
