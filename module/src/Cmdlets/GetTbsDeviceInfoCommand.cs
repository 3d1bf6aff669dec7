using System.Management.Automation;

namespace TpmTbs.Cmdlets;

/// <summary>Shows the TPM's family, manufacturer, firmware and limits.</summary>
[Cmdlet(VerbsCommon.Get, "TbsDeviceInfo")]
[OutputType(typeof(DeviceInfo))]
public sealed class GetTbsDeviceInfoCommand : TbsCmdlet
{
    /// <inheritdoc/>
    protected override void Process() => WriteObject(Call("device/get", DeviceInfo.Read));
}
