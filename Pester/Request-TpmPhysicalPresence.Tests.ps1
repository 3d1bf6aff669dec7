BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
    . "$PSScriptRoot/Support/Firmware.ps1"
    $folder = New-PhysicalPresenceFolder
    $broker = Connect-PrivateBroker @{ platform = @{ physicalPresenceFolder = $folder } }
    function Get-Request { [IO.File]::ReadAllText("$folder/request").Trim() }
}

AfterAll {
    Disconnect-PrivateBroker $broker
    Remove-FirmwareFolder $folder
}

Describe 'Request-TpmPhysicalPresence' {
    It 'requests nothing with -WhatIf' {
        Request-TpmPhysicalPresence Clear -WhatIf | Should -BeNullOrEmpty
        Get-Request | Should -Be '0'
    }

    It 'requests an operation by name or number, and withdraws it' {
        (Request-TpmPhysicalPresence -Operation Clear -Confirm:$false).RequestName | Should -Be 'Clear'
        Get-Request | Should -Be '5'
        (Request-TpmPhysicalPresence -Operation 22 -Confirm:$false).Request | Should -Be 22
        (Request-TpmPhysicalPresence -Operation 0 -Confirm:$false).Request | Should -Be 0
        Get-Request | Should -Be '0'
    }

    It 'accepts an operation of Get-TpmPhysicalPresence' {
        $operation = (Get-TpmPhysicalPresence).Operations | Where-Object Name -EQ 'Clear'
        ($operation | Request-TpmPhysicalPresence -Confirm:$false).RequestName | Should -Be 'Clear'
        Request-TpmPhysicalPresence -Operation 0 -Confirm:$false | Out-Null
    }

    It 'refuses <operation>, which the platform does not support' -TestCases @(
        @{ operation = '2' }, @{ operation = 'EnableActivate' }, @{ operation = '13' }, @{ operation = 'Explode' }
    ) {
        (Get-Problem { Request-TpmPhysicalPresence $operation -Confirm:$false }).Exception.Symbol | Should -Be 'TBS_E_PPI_FUNCTION_UNSUPPORTED'
        Get-Request | Should -Be '0'
    }

    It 'is used by Clear-Tpm -UsePPI' {
        (Get-Tpm).RestartPending | Should -Be $false
        (Clear-Tpm -UsePPI -Confirm:$false).RestartPending | Should -BeTrue
        Get-Request | Should -Be '5'
        Request-TpmPhysicalPresence 0 -Confirm:$false | Out-Null
        (Get-Tpm).RestartPending | Should -Be $false
    }
}
