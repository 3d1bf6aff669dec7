BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
    $broker = Connect-SharedBroker
}

Describe 'Set-TbsPolicy' {
    BeforeAll { $name = 'standardUserAuthorizationFailureDurationMinutes' }
    AfterEach { Set-TbsPolicy $name $null | Out-Null }

    It 'sets a setting, gives the difference, and is done the second time' {
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

    It 'takes settings from a hashtable, a file, and the pipeline' {
        (Set-TbsPolicy -Setting @{ $name = 61 }).Desired | Should -Be 61
        [IO.File]::WriteAllText("$TestDrive/desired.json", "{`"$name`": 62}")
        (Set-TbsPolicy -Path "$TestDrive/desired.json").Desired | Should -Be 62
        ([pscustomobject]@{ Name = $name; Value = 63 } | Set-TbsPolicy).Desired | Should -Be 63
        (Get-TbsPolicy $name).Value | Should -Be 63
    }

    It 'takes a setting out of the local file with $null' {
        Set-TbsPolicy $name 60 | Out-Null
        Set-TbsPolicy $name $null | Out-Null
        (Get-TbsPolicy $name).Value | Should -Be 480
        (Get-TbsPolicy $name).Source | Should -Be 'default'
    }

    It 'refuses an unknown setting by name' {
        Set-TbsPolicy nonsense 1 -ErrorAction SilentlyContinue -ErrorVariable problem
        $problem[0].FullyQualifiedErrorId | Should -Be 'TbsBadParameter,Set-TbsPolicy'
        "$($problem[0])" | Should -BeLike '*nonsense*'
    }
}
