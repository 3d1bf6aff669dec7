BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
    . "$PSScriptRoot/Support/Firmware.ps1"
    $folder = New-PhysicalPresenceFolder
    $broker = Connect-PrivateBroker @{ platform = @{ physicalPresenceFolder = $folder } }
}

AfterAll {
    Disconnect-PrivateBroker $broker
    Remove-FirmwareFolder $folder
}

Describe 'Get-TpmPhysicalPresence' {
    It 'shows the pending request, the last result and the platform''s operations' {
        $state = Get-TpmPhysicalPresence
        $state.Version | Should -Be '1.3'
        $state.RequestName | Should -Be 'None'
        $state.Transition | Should -Be 'Restart'
        $state.Response.Name | Should -Be 'Clear'
        $state.Response.ResultName | Should -Be 'UserAbort'
        @($state.Operations | Where-Object Confirmation -like 'User*').Operation | Should -Be 0, 5, 22
        ($state | Format-List | Out-String) | Should -BeLike '*Clear: UserAbort*'
    }

    It 'reports TBS_E_PPI_NOT_SUPPORTED if the platform has no interface' {
        [IO.Directory]::Delete($folder, $true)
        $problem = $null
        try { Get-TpmPhysicalPresence } catch { $problem = $_ }
        $problem.Exception.Symbol | Should -Be 'TBS_E_PPI_NOT_SUPPORTED'
    }
}
