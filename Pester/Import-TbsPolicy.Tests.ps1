BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
    $broker = Connect-SharedBroker
}

Describe 'Import-TbsPolicy' {
    BeforeAll {
        # PReg, version 1: [key;value;type;size;data] in UTF-16LE, here one REG_DWORD of 77.
        function ConvertTo-Units([string]$Text) { [Text.Encoding]::Unicode.GetBytes($Text) }
        $bytes = [Collections.Generic.List[byte]]::new()
        $bytes.AddRange([byte[]](0x50, 0x52, 0x65, 0x67, 1, 0, 0, 0))
        $bytes.AddRange([byte[]](ConvertTo-Units ('[' + 'Software\Policies\Microsoft\Tpm' + [char]0 + ';' + 'StandardUserAuthorizationFailureDuration' + [char]0 + ';')))
        $bytes.AddRange([byte[]](4, 0, 0, 0)); $bytes.AddRange([byte[]](ConvertTo-Units ';'))
        $bytes.AddRange([byte[]](4, 0, 0, 0)); $bytes.AddRange([byte[]](ConvertTo-Units ';'))
        $bytes.AddRange([byte[]](77, 0, 0, 0)); $bytes.AddRange([byte[]](ConvertTo-Units ']'))
        [IO.File]::WriteAllBytes("$TestDrive/Registry.pol", $bytes.ToArray())
        $empty = [byte[]](0x50, 0x52, 0x65, 0x67, 1, 0, 0, 0)
        [IO.File]::WriteAllBytes("$TestDrive/Empty.pol", $empty)
        [IO.File]::WriteAllBytes("$TestDrive/Damaged.pol", [byte[]](1, 2, 3, 4))
    }
    AfterAll { Import-TbsPolicy "$TestDrive/Empty.pol" | Out-Null }

    It 'changes nothing with -WhatIf' {
        Import-TbsPolicy "$TestDrive/Registry.pol" -WhatIf | Should -BeNullOrEmpty
        (Get-TbsPolicy standardUserAuthorizationFailureDurationMinutes).Value | Should -Be 480
    }

    It 'puts the settings of the file in force and returns them' {
        $imported = Import-TbsPolicy "$TestDrive/Registry.pol"
        $imported.Name | Should -Be 'standardUserAuthorizationFailureDurationMinutes'
        $imported.Value | Should -Be 77
        (Get-TbsPolicy standardUserAuthorizationFailureDurationMinutes).SourceKind | Should -Be 'registryPol'
    }

    It 'refuses a damaged file and keeps the policy in force' {
        Import-TbsPolicy "$TestDrive/Registry.pol" | Out-Null
        Import-TbsPolicy "$TestDrive/Damaged.pol" -ErrorAction SilentlyContinue -ErrorVariable problem
        $problem[0].FullyQualifiedErrorId | Should -Be 'TbsBadParameter,TpmTbs.Cmdlets.ImportTbsPolicyCommand'
        (Get-TbsPolicy standardUserAuthorizationFailureDurationMinutes).Value | Should -Be 77
    }

    It 'writes an error for a missing file' {
        Import-TbsPolicy "$TestDrive/missing.pol" -ErrorAction SilentlyContinue -ErrorVariable problem
        $problem[0].FullyQualifiedErrorId | Should -Be 'TbsBadParameter,TpmTbs.Cmdlets.ImportTbsPolicyCommand'
    }
}
