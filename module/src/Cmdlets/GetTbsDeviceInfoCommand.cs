using System.Management.Automation;

namespace TpmTbs.Cmdlets;

/// <summary>Shows the TPM: family, maker, firmware and limits.</summary>
/// <remarks>
/// Returns what Windows' Tbsi_GetDeviceInfo returns (StructVersion, TpmVersionNumber, TpmInterfaceType, TpmImpRevision) and
/// what a person wants to know beside it.
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
