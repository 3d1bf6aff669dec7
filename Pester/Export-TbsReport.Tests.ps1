BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
    $broker = Connect-SharedBroker
}

Describe 'Export-TbsReport' {
    It 'writes a self-contained page with every part, and returns the file' {
        $file = Export-TbsReport "$TestDrive/report.html"
        $file | Should -BeOfType IO.FileInfo
        $html = [IO.File]::ReadAllText($file.FullName)
        foreach ($part in 'Health', 'Lockout of standard users', 'Refused commands', 'Owner authorization', 'Measured boot', 'Policy', 'Command lists') {
            $html | Should -BeLike "*<h2>$part*"
        }
        $html | Should -Not -Match '(src|href)='
    }

    It 'does not replace an existing file with -NoClobber' {
        [IO.File]::WriteAllText("$TestDrive/mine.html", 'mine')
        { Export-TbsReport "$TestDrive/mine.html" -NoClobber } |
            Should -Throw -ErrorId 'TbsBadParameter,TpmTbs.Cmdlets.ExportTbsReportCommand'
        [IO.File]::ReadAllText("$TestDrive/mine.html") | Should -Be 'mine'
    }

    It 'writes nothing with -WhatIf' {
        Export-TbsReport "$TestDrive/none.html" -WhatIf | Should -BeNullOrEmpty
        "$TestDrive/none.html" | Should -Not -Exist
    }
}
