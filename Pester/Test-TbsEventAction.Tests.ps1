BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
    . "$PSScriptRoot/Support/ActionScript.ps1"
    $broker = Connect-SharedBroker
}

AfterAll { Remove-ActionScript }

Describe 'Test-TbsEventAction without the service' {
    AfterEach { Get-TbsEventAction | Unregister-TbsEventAction }

    It 'writes an error at once' {
        Register-TbsEventAction lockoutBegan (New-ActionScript "'hello'") | Out-Null
        Test-TbsEventAction action -ErrorAction SilentlyContinue -ErrorVariable problem
        $problem[0].FullyQualifiedErrorId | Should -Be 'TbsServiceNotRunning,TpmTbs.Cmdlets.TestTbsEventActionCommand'
        "$($problem[0])" | Should -BeLike '*tbs-actions*is not connected*'
    }
}

Describe 'Test-TbsEventAction' {
    BeforeAll { $service = Start-ActionService }
    AfterAll { Stop-ActionService $service }
    AfterEach { Get-TbsEventAction | Unregister-TbsEventAction }

    It 'runs the script with a sample event, and shows what it wrote' {
        $script = New-ActionScript 'param($TbsEvent) "$($TbsEvent.Kind) $($TbsEvent.Details.Test)"'
        Register-TbsEventAction lockoutBegan $script | Out-Null
        $run = Test-TbsEventAction action
        $run.Result | Should -Be 'Succeeded'
        $run.Output | Should -Be 'lockoutBegan True'
        $run.Duration | Should -BeOfType [TimeSpan]
        $run.Sha256 | Should -Be (Get-TbsEventAction action).Sha256
    }

    It 'shows why a script failed' {
        Register-TbsEventAction lockoutBegan (New-ActionScript 'throw "no mail server"') | Out-Null
        $run = Get-TbsEventAction | Test-TbsEventAction
        $run.Result | Should -Be 'Failed'
        $run.Error | Should -BeLike 'no mail server*'
    }

    It 'writes an error for an action that there is not' {
        Test-TbsEventAction none -ErrorAction SilentlyContinue -ErrorVariable problem
        $problem[0].FullyQualifiedErrorId | Should -Be 'TbsBadParameter,TpmTbs.Cmdlets.TestTbsEventActionCommand'
    }
}
