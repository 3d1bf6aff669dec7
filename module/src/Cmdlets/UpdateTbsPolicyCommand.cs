using System.Management.Automation;

namespace TpmTbs.Cmdlets;

/// <summary>Reads every policy source again now.</summary>
/// <remarks>
/// The broker reads a source again when it changes. This cmdlet does not wait for that, which helps after files were
/// copied to a file system that sends no change notifications. Returns the settings in force. It does not fetch Group
/// Policy from the domain; samba-gpupdate or adsysctl do. For administrators.
/// </remarks>
/// <example>
/// <code>Update-TbsPolicy</code>
/// <para>Reads every source again and shows all settings.</para>
/// </example>
/// <example>
/// <code>Update-TbsPolicy | Where-Object SourceKind -EQ GroupPolicy</code>
/// <para>Shows what the domain sets.</para>
/// </example>
/// <seealso>Get-TbsPolicy</seealso>
[Cmdlet(VerbsData.Update, "TbsPolicy")]
[OutputType(typeof(PolicySetting))]
public sealed class UpdateTbsPolicyCommand : TbsCmdlet
{
    /// <inheritdoc/>
    protected override void Process() => WriteObject(Call("policy/refresh", PolicySetting.ReadAll), true);
}
