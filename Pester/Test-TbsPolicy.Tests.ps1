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
