using System.Management.Automation;

namespace TpmTbs.Cmdlets;

/// <summary>Shows the TPM's family, manufacturer, firmware and limits.</summary>
/// <remarks>
/// Returns the values of Windows' Tbsi_GetDeviceInfo (StructVersion, TpmVersionNumber, TpmInterfaceType,
/// TpmImpRevision) and further properties for administrators.
/// </remarks>
/// <example>
/// <code>Get-TbsDeviceInfo</code>
/// <para>Shows the TPM of this machine.</para>
/// </example>
/// <example>
/// <code>(Get-TbsDeviceInfo).TpmVersion</code>
/// <para>Shows its family, 1.2 or 2.0.</para>
/// </example>
/// <seealso>Start-TbsService</seealso>
[Cmdlet(VerbsCommon.Get, "TbsDeviceInfo")]
[OutputType(typeof(DeviceInfo))]
public sealed class GetTbsDeviceInfoCommand : TbsCmdlet
{
    /// <inheritdoc/>
    protected override void Process() => WriteObject(Call("device/get", DeviceInfo.Read));
}
