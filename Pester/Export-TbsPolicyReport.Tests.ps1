BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
    $broker = Connect-SharedBroker
}

Describe 'Export-TbsPolicyReport' {
    It 'writes a self-contained page that shows every setting, and returns the file' {
        $file = Export-TbsPolicyReport "$TestDrive/policy.html"
        $file | Should -BeOfType IO.FileInfo
        $html = [IO.File]::ReadAllText($file.FullName)
        foreach ($setting in Get-TbsPolicy) { $html | Should -BeLike "*$($setting.Name)*" }
        $html | Should -Not -Match '(src|href)='
    }

    It 'does not replace an existing file with -NoClobber' {
        [IO.File]::WriteAllText("$TestDrive/mine.html", 'mine')
        { Export-TbsPolicyReport "$TestDrive/mine.html" -NoClobber } |
            Should -Throw -ErrorId 'TbsBadParameter,TpmTbs.Cmdlets.ExportTbsPolicyReportCommand'
        [IO.File]::ReadAllText("$TestDrive/mine.html") | Should -Be 'mine'
    }

    It 'writes nothing with -WhatIf' {
        Export-TbsPolicyReport "$TestDrive/none.html" -WhatIf | Should -BeNullOrEmpty
        "$TestDrive/none.html" | Should -Not -Exist
    }
}
