BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
    $broker = Connect-SharedBroker
}

Describe 'Set-TbsPolicy' {
    BeforeAll {
        $name = 'standardUserAuthorizationFailureDurationMinutes'
        $baseline = Join-Path $PSScriptRoot '../tests/fixtures/group-policy/baseline.pol'
        $empty = "$TestDrive/empty.pol"
        [IO.File]::WriteAllBytes($empty, [byte[]](0x50, 0x52, 0x65, 0x67, 1, 0, 0, 0))
    }
    AfterEach { Set-TbsPolicy $name $null | Out-Null }

    It 'sets a setting, returns the difference, and has nothing to do the second time' {
        $difference = Set-TbsPolicy $name 60
        $difference.Current | Should -Be 480
        $difference.Desired | Should -Be 60
        Set-TbsPolicy $name 60 | Should -BeNullOrEmpty
        (Get-TbsPolicy $name).Value | Should -Be 60
        (Get-TbsPolicy $name).Source | Should -BeLike "*policy.d*"
    }

    It 'changes nothing with -WhatIf' {
        Set-TbsPolicy $name 60 -WhatIf | Should -BeNullOrEmpty
        (Get-TbsPolicy $name).Value | Should -Be 480
    }

    It 'accepts settings from a hashtable, a file, and the pipeline' {
        (Set-TbsPolicy -Setting @{ $name = 61 }).Desired | Should -Be 61
        [IO.File]::WriteAllText("$TestDrive/desired.json", "{`"$name`": 62}")
        (Set-TbsPolicy -Path "$TestDrive/desired.json").Desired | Should -Be 62
        ([pscustomobject]@{ Name = $name; Value = 63 } | Set-TbsPolicy).Desired | Should -Be 63
        (Get-TbsPolicy $name).Value | Should -Be 63
    }

    It 'removes a setting from the local file with $null' {
        Set-TbsPolicy $name 60 | Out-Null
        Set-TbsPolicy $name $null -WhatIf | Should -BeNullOrEmpty
        $removed = Set-TbsPolicy $name $null
        $removed.Current | Should -Be 60
        $removed.Desired | Should -BeNullOrEmpty
        Set-TbsPolicy $name $null | Should -BeNullOrEmpty -Because 'the file does not set it any more'
        (Get-TbsPolicy $name).Value | Should -Be 480
        (Get-TbsPolicy $name).Source | Should -Be 'default'
    }

    It 'writes and removes a setting that only Group Policy has put into force' {
        try {
            Import-TbsPolicy $baseline | Out-Null
            (Set-TbsPolicy blockedCommands 129, 170).Source | Should -BeLike '*imported-Registry.pol'
            Set-TbsPolicy blockedCommands 129, 170 | Should -BeNullOrEmpty
            Import-TbsPolicy $empty | Out-Null
            (Get-TbsPolicy blockedCommands).Source | Should -BeLike '*50-local.json'
            Import-TbsPolicy $baseline | Out-Null
            Set-TbsPolicy blockedCommands $null | Should -Not -BeNullOrEmpty
            Import-TbsPolicy $empty | Out-Null
            (Get-TbsPolicy blockedCommands).Source | Should -Be 'default'
        }
        finally { Import-TbsPolicy $empty | Out-Null; Set-TbsPolicy blockedCommands $null | Out-Null }
    }

    It 'ignores the case of setting names, and reads text as a number' {
        (Set-TbsPolicy $name.ToUpperInvariant() '61').Name | Should -Be $name
        (Get-TbsPolicy $name).Value | Should -Be 61
        $env:MINUTES = '62'
        (Set-TbsPolicy $name $env:MINUTES).Desired | Should -Be 62
    }

    It 'reads <text> as <number>, as PowerShell does' -TestCases @(
        @{ text = '120.0'; number = 120 }, @{ text = '1e2'; number = 100 }, @{ text = '1KB'; number = 1024 }
        @{ text = '0x3D'; number = 61 }, @{ text = '1.5kb'; number = 1536 }
    ) {
        (Set-TbsPolicy $name $text).Desired | Should -Be $number
        (Test-TbsPolicy -Setting @{ $name = $text }).Compliant | Should -BeTrue
    }

    It 'does not round <text>' -TestCases @(@{ text = '120.5' }, @{ text = '1,5' }, @{ text = '1e-2' }) {
        (Get-Problem { Set-TbsPolicy $name $text -ErrorAction Stop }).Exception.Message | Should -BeLike '*is not a whole number*'
    }

    It 'accepts a level of owner authorization by number, by name, and as Get-TpmAuthLevel returns it' {
        try {
            (Set-TbsPolicy osManagedAuthLevel Delegated).Desired | Should -Be 2
            (Test-TbsPolicy -Setting @{ osManagedAuthLevel = '2' }).Compliant | Should -BeTrue
            (Test-TbsPolicy -Setting @{ osManagedAuthLevel = 'delegated' }).Compliant | Should -BeTrue
            (Test-TbsPolicy -Setting @{ osManagedAuthLevel = (Get-TpmAuthLevel).LevelName }).Compliant | Should -BeTrue
            (Get-Problem { Set-TbsPolicy osManagedAuthLevel Half -ErrorAction Stop }).Exception.Message | Should -BeLike '*is not a level*'
        }
        finally { Set-TbsPolicy osManagedAuthLevel $null | Out-Null }
    }

    It 'accepts names of commands, and lists by class in any case' {
        try {
            (Set-TbsPolicy blockedCommands TPM2_Clear, getrandom).Desired | Should -Be 0x126, 0x17B
            (Set-TbsPolicy DisallowedCommands @{ STANDARDUSER = 'TPM2_Clear' }).Desired.StandardUser | Should -Be 0x126
        }
        finally { Set-TbsPolicy -Setting @{ blockedCommands = $null; disallowedCommands = $null } | Out-Null }
    }

    Context 'the output of Get-TbsPolicy' {
        BeforeAll {
            $wanted = @{ blockedCommands = @(0x126, 0x17B); disallowedCommands = @{ standardUser = @(0x15D) }; $name = 61 }
            function Confirm-RoundTrip([scriptblock]$Way) {
                Set-TbsPolicy -Setting $wanted | Out-Null
                $settings = Get-TbsPolicy | & $Way
                $settings | Set-TbsPolicy | Should -BeNullOrEmpty -Because 'everything is so already'
                foreach ($setting in @($wanted.Keys)) { Set-TbsPolicy $setting $null | Out-Null }
                @($settings | Where-Object Name -In $wanted.Keys | Set-TbsPolicy).Count | Should -Be 3
                "$((Get-TbsPolicy blockedCommands).Value)" | Should -Be '294 379'
                "$((Get-TbsPolicy disallowedCommands).Value.StandardUser)" | Should -Be '349'
            }
        }
        AfterEach { foreach ($setting in @($wanted.Keys)) { Set-TbsPolicy $setting $null | Out-Null } }

        It 'can be set again directly' { Confirm-RoundTrip { $input } }
        It 'can be set again after conversion to CSV' { Confirm-RoundTrip { $input | ConvertTo-Csv | ConvertFrom-Csv } }
        It 'can be set again after conversion to JSON' { Confirm-RoundTrip { $input | ConvertTo-Json -Depth 5 | ConvertFrom-Json } }
        It 'can be set again after conversion to JSON of the default depth, which makes text of the lists by class' {
            Confirm-RoundTrip { $input | ConvertTo-Json -WarningAction SilentlyContinue | ConvertFrom-Json }
        }
        It 'can be set again after conversion to CLIXML' {
            Confirm-RoundTrip { $input | Export-Clixml "$TestDrive/policy.xml"; Import-Clixml "$TestDrive/policy.xml" }
        }
    }

    It 'refuses an unknown setting by name' {
        Set-TbsPolicy nonsense 1 -ErrorAction SilentlyContinue -ErrorVariable problem
        $problem[0].FullyQualifiedErrorId | Should -Be 'TbsBadParameter,TpmTbs.Cmdlets.SetTbsPolicyCommand'
        "$($problem[0])" | Should -BeLike '*nonsense*'
    }
}
