BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
    $broker = Connect-SharedBroker
}

Describe 'Get-TbsPolicy' {
    It 'returns each setting with its source' {
        $settings = @(Get-TbsPolicy)
        $settings.Count | Should -BeGreaterThan 10
        foreach ($setting in $settings) { $setting.Source | Should -Not -BeNullOrEmpty }
    }

    It 'finds settings by wildcard, whatever the case' {
        @(Get-TbsPolicy 'STANDARDUSER*').Count | Should -Be 3
    }

    It 'writes an error for an unknown setting' {
        Get-TbsPolicy nonsense -ErrorAction SilentlyContinue -ErrorVariable problem | Should -BeNullOrEmpty
        $problem[0].FullyQualifiedErrorId | Should -Be 'TbsBadParameter,TpmTbs.Cmdlets.GetTbsPolicyCommand'
    }

    It 'shows complete values and sources in 80 columns' {
        Set-TbsPolicy disallowedCommands ([pscustomobject]@{ standardUser = @(0x15D, 0x126) }) | Out-Null
        try {
            $text = (Get-TbsPolicy *Commands | Out-String -Width 80) -replace '\s+', ''
            $text | Should -BeLike '*blockedCommandsnonedefault*'
            $text | Should -BeLike '*disallowedCommandsStandardUser:0*x126,0x15D*/50-local.json*'
        }
        finally { Set-TbsPolicy disallowedCommands $null | Out-Null }
    }

    It 'explains each setting with every source, and which one decides' {
        Set-TbsPolicy maxContexts 700 | Out-Null
        try {
            $explained = Get-TbsPolicy maxcontexts -Explain
            $explained.Value | Should -Be 700
            "$($explained.Statements.Effect)" | Should -Be 'Decides Overridden'
            $explained.Statements[0].Source | Should -BeLike '*50-local.json'
            $explained | Out-String | Should -BeLike '*50-local.json says 700: Decides*'
        }
        finally { Set-TbsPolicy maxContexts $null | Out-Null }
    }

    It 'reports what is wrong in a source' {
        $file = "$($broker.Folder)/policy.d/90-damaged.json"
        [void][IO.Directory]::CreateDirectory("$($broker.Folder)/policy.d")
        [IO.File]::WriteAllText($file, '{"nonsense": 1}')
        try {
            $watch = [Diagnostics.Stopwatch]::StartNew()
            do { $problems = @(Get-TbsPolicy -Problem) } while (-not ($problems.Source -like '*90-damaged.json*') -and $watch.Elapsed.TotalSeconds -lt 20)
            "$($problems.Message)" | Should -BeLike '*nonsense*'
        }
        finally { [IO.File]::Delete($file) }
    }
}
