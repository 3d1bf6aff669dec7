BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
    $broker = Connect-SharedBroker
}

Describe 'Export-TbsPolicy' {
    It 'returns JSON with the settings under their own names' {
        $policy = Export-TbsPolicy | ConvertFrom-Json
        $policy.standardUserAuthorizationFailureTotalThreshold | Should -Be 9
        Export-TbsPolicy | Should -BeLike '*"blockedCommandsEnabled": false*'
    }

    It 'writes a file and returns it' {
        $file = Export-TbsPolicy "$TestDrive/policy.json"
        $file.FullName | Should -Exist
    }

    It 'does not replace an existing file with -NoClobber' {
        [IO.File]::WriteAllText("$TestDrive/mine.json", 'mine')
        { Export-TbsPolicy "$TestDrive/mine.json" -NoClobber } | Should -Throw -ErrorId 'TbsBadParameter,TpmTbs.Cmdlets.ExportTbsPolicyCommand'
        [IO.File]::ReadAllText("$TestDrive/mine.json") | Should -Be 'mine'
    }

    It 'writes nothing with -WhatIf' {
        Export-TbsPolicy "$TestDrive/none.json" -WhatIf | Should -BeNullOrEmpty
        "$TestDrive/none.json" | Should -Not -Exist
    }
}
