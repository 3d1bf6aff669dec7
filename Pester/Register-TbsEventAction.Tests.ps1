BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
    . "$PSScriptRoot/Support/ActionScript.ps1"
    $broker = Connect-SharedBroker
    $script = New-ActionScript "'hello'"
}

AfterAll { Remove-ActionScript }

Describe 'Register-TbsEventAction' {
    AfterEach { Get-TbsEventAction | Unregister-TbsEventAction }

    It 'registers a script under its name, and shows its hash' {
        $action = Register-TbsEventAction -Kind lockoutBegan, warning -Path $script
        $action.Name | Should -Be 'action'
        $action.Kinds | Should -Be @('LockoutBegan', 'Warning')
        $action.Kinds | Should -BeOfType [TpmTbs.EventKind]
        $action.State | Should -Be 'Enabled'
        $action.Sha256 | Should -Be (Get-FileHash $script -Algorithm SHA256).Hash.ToLowerInvariant()
        "$action" | Should -BeLike 'action: *'
    }

    It 'replaces an action of the same name' {
        Register-TbsEventAction lockoutBegan $script -Name one | Out-Null
        Register-TbsEventAction warning $script -Name one | Out-Null
        @(Get-TbsEventAction).Kinds | Should -Be 'Warning'
    }

    It 'refuses a script that others can change, and writes an error' {
        /bin/chmod 0666 $script
        try {
            Register-TbsEventAction lockoutBegan $script -ErrorAction SilentlyContinue -ErrorVariable problem
            $problem[0].FullyQualifiedErrorId | Should -Be 'TbsBadParameter,TpmTbs.Cmdlets.RegisterTbsEventActionCommand'
            "$($problem[0])" | Should -BeLike '*can be written by others*'
        }
        finally { /bin/chmod 0644 $script }
    }

    It 'registers nothing with -WhatIf' {
        Register-TbsEventAction lockoutBegan $script -WhatIf | Should -BeNullOrEmpty
        Get-TbsEventAction | Should -BeNullOrEmpty
    }
}
