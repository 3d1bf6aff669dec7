BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
    $broker = Connect-SharedBroker
}

Describe 'Export-TbsReport' {
    It 'writes a page of its own with every part, and gives the file' {
        $file = Export-TbsReport "$TestDrive/report.html"
        $file | Should -BeOfType IO.FileInfo
        $html = [IO.File]::ReadAllText($file.FullName)
        foreach ($part in 'Health', 'Lockout of standard users', 'Refused commands', 'Owner authorization', 'Measured boot', 'Policy', 'Command lists') {
            $html | Should -BeLike "*<h2>$part*"
        }
        $html | Should -Not -Match '(src|href)='
    }

    It 'leaves an existing file alone with -NoClobber' {
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
