BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
    $broker = Connect-SharedBroker
}

Describe 'Update-TbsPolicy' {
    It 'puts a file in force that was just written, and returns all settings' {
        $file = "$($broker.Folder)/policy.d/20-update.json"
        [void][IO.Directory]::CreateDirectory("$($broker.Folder)/policy.d")
        [IO.File]::WriteAllText($file, '{"maxContexts": 701}')
        try {
            $settings = Update-TbsPolicy
            ($settings | Where-Object Name -EQ maxContexts).Value | Should -Be 701
            $settings.Count | Should -Be @(Get-TbsPolicy).Count
        }
        finally {
            [IO.File]::Delete($file)
            Update-TbsPolicy | Out-Null
        }
    }
}
