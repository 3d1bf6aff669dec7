# Conventions as tests: they find the cmdlets by themselves, so that a new one is held to them as well.

BeforeDiscovery {
    $folder = [IO.Path]::GetFullPath("$PSScriptRoot/../module/src/Cmdlets")
    # GetTbsStatusCommand.cs is Get-TbsStatus.
    $cmdlets = foreach ($file in [IO.Directory]::GetFiles($folder, '*Command.cs')) {
        @{ Name = [IO.Path]::GetFileName($file) -creplace '^([A-Z][a-z]+(?:To)?)(T[bp][ms].*|Tpm)Command\.cs$', '$1-$2'; Path = $file }
    }
}

BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
    $broker = Connect-SharedBroker
    $module = Get-Module TpmTbs
    # Verbs that change nothing.
    $readers = 'Get', 'Test', 'ConvertTo', 'Update', 'Watch'
}

Describe 'the module' {
    It 'exports exactly the cmdlets of module/src/Cmdlets' {
        $files = [IO.Directory]::GetFiles("$RepositoryRoot/module/src/Cmdlets", '*Command.cs') | ForEach-Object { [IO.Path]::GetFileName($_) } | Sort-Object
        $files.Count | Should -BeGreaterThan 40
        $exported = @($module.ExportedCmdlets.Keys) | ForEach-Object { $_.Replace('-', '') + 'Command.cs' } | Sort-Object
        $exported | Should -Be $files
        $module.ExportedFunctions.Count | Should -Be 0
    }

    It 'has the manifest that the build generates' {
        # Throws, with what is not up to date, where the exit code is not 0.
        Invoke-Program 'node' "$RepositoryRoot/tools/build-module.mjs", '--check' | Should -BeNullOrEmpty
    }

    It 'does not change the exit code of a script that requires it' {
        $modules = "$TestDrive/modules"
        [void][IO.Directory]::CreateDirectory($modules)
        New-Item -ItemType SymbolicLink -Path "$modules/TpmTbs" -Target $RepositoryRoot | Out-Null
        [IO.File]::WriteAllText("$TestDrive/requires.ps1", "#Requires -Modules TpmTbs`nexit 3`n")
        $before = $env:PSModulePath
        try {
            $env:PSModulePath = $modules
            & pwsh -NoProfile -File "$TestDrive/requires.ps1"
            $LASTEXITCODE | Should -Be 3
        }
        finally { $env:PSModulePath = $before }
    }

    It 'has a test file for every cmdlet' {
        foreach ($name in $module.ExportedCmdlets.Keys) { "$PSScriptRoot/$name.Tests.ps1" | Should -Exist }
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
        $noun | Should -Match '^(Tbs|Tpm)[A-Z][A-Za-z]*$|^(Tbs|Tpm)$'
        # Status and TBS (TPM Base Services) are singular.
        $noun -replace '^Tbs' | Should -Not -Match '[^su]s$'
    }

    It 'has help: synopsis, description, every parameter, examples and outputs' {
        $help.Synopsis | Should -Match '^[A-Z][^\n]*\.$'
        "$($help.description.Text)".Length | Should -BeGreaterThan 40
        @($help.examples.example).Count | Should -BeGreaterOrEqual 2
        "$($help.examples.example[0].code)" | Should -Match $verb
        "$($help.returnValues.returnValue.type.name)" | Should -Not -BeNullOrEmpty
        foreach ($parameter in $own) {
            $documented = @($help.parameters.parameter | Where-Object { $_.name -eq $parameter.Name })
            "$($documented.description.Text)" | Should -Not -BeNullOrEmpty -Because "-$($parameter.Name) of $Name needs help"
        }
    }

    It 'names the types that it returns, each with a default view' {
        $types = @($command.OutputType.Name)
        $types.Count | Should -BeGreaterThan 0
        $formats = [IO.File]::ReadAllText("$RepositoryRoot/module/TpmTbs.format.ps1xml")
        foreach ($type in $types | Where-Object { $_ -like 'TpmTbs.*' }) { $formats | Should -BeLike "*<TypeName>$type</TypeName>*" -Because 'npm run docs writes a view of every class of the contract' }
    }

    It 'has -WhatIf and -Confirm exactly if it changes something' {
        $command.Parameters.ContainsKey('WhatIf') | Should -Be $changes
        if ($command.Parameters.ContainsKey('WhatIf')) {
            # By itself, or in the one function that it hands its change to.
            $text = [IO.File]::ReadAllText($Path)
            $text | Should -Match 'Confirmed\(|ChangeList\(|OutputFile\.Write\('
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

Describe 'a class that nobody has written a view for' {
    BeforeAll {
        # What npm run docs writes for it, shown by a PowerShell without the module.
        $script = @"
import { viewsOf } from './module/format-views.mjs';
const toy = { properties: {
  handle: { type: 'integer' }, kind: { enum: ['ball', 'doll'] }, maker: { type: ['string', 'null'] },
  ordinals: { type: 'array', items: { type: 'integer' } }, broken: { type: 'boolean' } } };
const box = { properties: {
  code: { anyOf: [{ type: 'integer' }, { type: 'null' }] }, label: { type: ['string', 'null'] },
  seal: { type: 'string', format: 'base64' }, toys: { type: 'array', items: { `$ref: '#/types/Toy' } },
  missing: { type: 'array', items: { `$ref: '#/types/Toy' } }, kinds: { type: 'array', items: { enum: ['ball', 'doll'] } } } };
console.log(viewsOf(['Toy', 'ToyBox'], { types: { Toy: toy, ToyBox: box } }));
"@
        $views = Invoke-Program 'node' '--input-type=module', '-e', $script
        $path = "$TestDrive/toys.format.ps1xml"
        [IO.File]::WriteAllText($path, "<Configuration><ViewDefinitions>$views</ViewDefinitions></Configuration>")
        $show = {
            param($path)
            Update-FormatData -PrependPath $path
            $toys = foreach ($number in 1, 2) {
                [pscustomobject]@{ PSTypeName = 'TpmTbs.Toy'; Handle = 0x80000000 + $number; Kind = 'Ball'; Maker = $null; Ordinals = 0x17B, 0x144; Broken = $false }
            }
            $box = [pscustomobject]@{ PSTypeName = 'TpmTbs.ToyBox'; Code = 0x17B; Label = $null; Seal = [byte[]](1, 0xAB); Toys = 'one', 'two'; Missing = @(); Kinds = 'Ball', 'Doll' }
            ($toys | Out-String -Width 80), '#', ($box | Out-String -Width 80) -join ''
        }
        $table, $list = (& pwsh -NoProfile -Command $show -args $path) -join "`n" -split '#'
    }

    It 'is a table if it has few properties and is shown in lists' {
        $lines = @($table -split "`n" | ForEach-Object TrimEnd | Where-Object { $_ })
        $lines[0] | Should -Match '^Handle +Kind Maker +Ordinals +Broken$'
        $lines[2] | Should -Match '^0x80000001 Ball +0x17B, 0x144 +False$'
        $lines.Count | Should -Be 4
    }

    It 'is a list otherwise, with all items of lists and handles as the specifications write them' {
        $lines = @($list -split "`n" | ForEach-Object TrimEnd | Where-Object { $_ })
        $lines | Should -Be 'Code    : 0x17B', 'Label   :', 'Seal    : 01AB', 'Toys    : one', '          two', 'Missing : none', 'Kinds   : Ball, Doll'
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
