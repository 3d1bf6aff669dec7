function Get-TbsDeviceInfo {
    <#
    .SYNOPSIS
        Shows the TPM: family, maker, firmware and limits.
    .DESCRIPTION
        Gives what Windows' Tbsi_GetDeviceInfo gives (StructVersion, TpmVersionNumber, TpmInterfaceType, TpmImpRevision) and
        what a person wants to know beside it.
    .EXAMPLE
        Get-TbsDeviceInfo

        Shows the TPM of this machine.
    .INPUTS
        None
    .OUTPUTS
        TpmTbs.DeviceInfo
    .LINK
        Start-TbsService
    #>
    [CmdletBinding()]
    [OutputType('TpmTbs.DeviceInfo')]
    param()
    Invoke-TbsRpc $PSCmdlet 'device/get'
}
