BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
    . "$PSScriptRoot/Support/ActionScript.ps1"
    $broker = Connect-SharedBroker
    $script = New-ActionScript "'hello'"
}

AfterAll { Remove-ActionScript }

Describe 'Get-TbsEventAction' {
    BeforeAll { foreach ($name in 'one', 'two') { Register-TbsEventAction lockoutBegan $script -Name $name | Out-Null } }
    AfterAll { Get-TbsEventAction | Unregister-TbsEventAction }

    It 'shows every action by name, or those that are asked for' {
        (Get-TbsEventAction).Name | Should -Be @('one', 'two')
        ('two' | Get-TbsEventAction).Name | Should -Be 'two'
        (Get-TbsEventAction one).RegisteredAt | Should -BeOfType [DateTimeOffset]
    }

    It 'shows why a script is refused now' {
        Move-Item $script "$script.away"
        try {
            $action = Get-TbsEventAction one
            $action.State | Should -Be 'Refused'
            $action.Sha256 | Should -BeNullOrEmpty
            $action.Reason | Should -BeLike '*does not exist*'
        }
        finally { Move-Item "$script.away" $script }
    }

    It 'writes an error for an action that there is not, and goes on' {
        (Get-TbsEventAction none, one -ErrorAction SilentlyContinue -ErrorVariable problem).Name | Should -Be 'one'
        $problem[0].FullyQualifiedErrorId | Should -Be 'TbsBadParameter,TpmTbs.Cmdlets.GetTbsEventActionCommand'
    }
}
