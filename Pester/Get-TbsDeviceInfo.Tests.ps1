BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
    $broker = Connect-SharedBroker
}

Describe 'Get-TbsDeviceInfo' {
    It 'returns the values of Tbsi_GetDeviceInfo, and more' {
        $device = Get-TbsDeviceInfo
        $device.StructVersion | Should -Be 1
        $device.TpmVersionNumber | Should -Be 2
        $device.TpmVersion | Should -Be '2.0'
        $device.Manufacturer | Should -Not -BeNullOrEmpty
        $device.MaxCommandBytes | Should -BeGreaterThan 1000
        $device.Transport | Should -BeLike '*swtpm*'
    }
}
