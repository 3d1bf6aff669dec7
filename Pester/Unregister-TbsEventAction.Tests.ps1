BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
    . "$PSScriptRoot/Support/ActionScript.ps1"
    $broker = Connect-SharedBroker
    $script = New-ActionScript "'hello'"
}

AfterAll { Remove-ActionScript }

Describe 'Unregister-TbsEventAction' {
    It 'removes actions from the pipeline, not with -WhatIf, and leaves the script' {
        foreach ($name in 'one', 'two') { Register-TbsEventAction lockoutBegan $script -Name $name | Out-Null }
        Get-TbsEventAction | Unregister-TbsEventAction -WhatIf
        @(Get-TbsEventAction).Count | Should -Be 2
        Get-TbsEventAction | Unregister-TbsEventAction
        Get-TbsEventAction | Should -BeNullOrEmpty
        $script | Should -Exist
    }

    It 'writes an error for an action that there is not' {
        Unregister-TbsEventAction none -ErrorAction SilentlyContinue -ErrorVariable problem
        $problem[0].FullyQualifiedErrorId | Should -Be 'TbsBadParameter,TpmTbs.Cmdlets.UnregisterTbsEventActionCommand'
    }
}
