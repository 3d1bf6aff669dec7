BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
    $broker = Connect-SharedBroker
}

Describe 'Test-TbsPolicy' {
    BeforeAll {
        [IO.File]::WriteAllText("$TestDrive/same.json", '{"blockedCommandsEnabled": false}')
        [IO.File]::WriteAllText("$TestDrive/other.json", '{"blockedCommandsEnabled": true, "ignoreLocalList": false}')
    }

    It 'is compliant if nothing differs, with exit code 0' {
        (Test-TbsPolicy -Path "$TestDrive/same.json").Compliant | Should -BeTrue
        $global:LASTEXITCODE | Should -Be 0
    }

    It 'names the differences, with exit code 1' {
        $compliance = Test-TbsPolicy -Path "$TestDrive/other.json"
        $compliance.Compliant | Should -BeFalse
        @($compliance.Differences).Name | Should -Be 'blockedCommandsEnabled'
        $global:LASTEXITCODE | Should -Be 1
    }

    It 'accepts the output of Export-TbsPolicy' {
        Export-TbsPolicy "$TestDrive/exported.json" | Test-TbsPolicy | Select-Object -ExpandProperty Compliant | Should -BeTrue
    }

    It 'accepts a hashtable' {
        (Test-TbsPolicy -Setting @{ ignoreLocalList = $true }).Compliant | Should -BeFalse
        (@{ ignoreLocalList = $true }, @{ ignoreLocalList = $false } | Test-TbsPolicy).Compliant | Should -Be $false, $true
        $global:LASTEXITCODE | Should -Be 1
    }

    It 'accepts files from the pipeline, as text, as files and by property name' {
        $files = "$TestDrive/same.json", "$TestDrive/other.json"
        ($files | Test-TbsPolicy).Compliant | Should -Be $true, $false
        ($files | Get-Item | Test-TbsPolicy).Path | Should -Be $files
        ($files | ForEach-Object { [pscustomobject]@{ Path = $_ } } | Test-TbsPolicy).Path | Should -Be $files
        $global:LASTEXITCODE | Should -Be 1
    }

    It 'writes an error if there is nothing to compare: <Name>' -TestCases @(
        @{ Name = 'no input'; Test = { @() | Test-TbsPolicy -ErrorAction SilentlyContinue } }
        @{ Name = 'an empty hashtable'; Test = { Test-TbsPolicy -Setting @{} -ErrorAction SilentlyContinue } }
        @{ Name = 'a file without settings'; Test = { Test-TbsPolicy "$TestDrive/none.json" -ErrorAction SilentlyContinue } }
    ) {
        [IO.File]::WriteAllText("$TestDrive/none.json", '{"$schema": "policy.schema.json"}')
        $global:LASTEXITCODE = 0
        $Error.Clear()
        & $Test | Should -BeNullOrEmpty
        $Error[0].FullyQualifiedErrorId | Should -Be 'TbsBadParameter,TpmTbs.Cmdlets.TestTbsPolicyCommand'
        "$($Error[0])" | Should -BeLike 'There is nothing to compare: *'
        $global:LASTEXITCODE | Should -Be 2
    }

    It 'ends the session with the exit code on request' {
        & pwsh -NoProfile -Command "Import-Module '$RepositoryRoot/TpmTbs.psd1'; Test-TbsPolicy '$TestDrive/other.json' -Exit | Out-Null"
        $LASTEXITCODE | Should -Be 1
        & pwsh -NoProfile -Command "Import-Module '$RepositoryRoot/TpmTbs.psd1'; Test-TbsPolicy '$TestDrive/same.json' -Exit | Out-Null"
        $LASTEXITCODE | Should -Be 0
    }

    It 'ends a script with 2 if the broker is not running, however the script is started' {
        $script = "$TestDrive/compliance.ps1"
        [IO.File]::WriteAllText($script, "Import-Module '$RepositoryRoot/TpmTbs.psd1'`nTest-TbsPolicy '$TestDrive/same.json' -Exit`nexit 0`n")
        $socket = $env:TPMTBS_SOCKET
        try {
            $env:TPMTBS_SOCKET = "$TestDrive/none.sock"
            & pwsh -NoProfile -File $script 2>&1 | Out-Null
            $LASTEXITCODE | Should -Be 2
            & pwsh -NoProfile -Command "& '$script'" 2>&1 | Out-Null
            $LASTEXITCODE | Should -Be 2
        }
        finally { $env:TPMTBS_SOCKET = $socket }
    }

    It 'writes an error for a file that cannot be read' {
        Test-TbsPolicy "$TestDrive/missing.json" -ErrorAction SilentlyContinue -ErrorVariable problem
        $problem[0].FullyQualifiedErrorId | Should -Be 'TbsBadParameter,TpmTbs.Cmdlets.TestTbsPolicyCommand'
        $global:LASTEXITCODE | Should -Be 2
    }

    It 'reports that a file is not JSON' {
        [IO.File]::WriteAllText("$TestDrive/notes.txt", 'volume 1')
        Test-TbsPolicy "$TestDrive/notes.txt" -ErrorAction SilentlyContinue -ErrorVariable problem
        $problem[-1].Exception.Message | Should -BeLike '*notes.txt* cannot be used: It is not JSON. *'
    }
}
