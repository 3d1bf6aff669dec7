using System.Management.Automation;

namespace TpmTbs.Cmdlets;

/// <summary>Shows which owner authorization is stored on this machine.</summary>
/// <remarks>
/// Shows the level in force, None (0), Delegated (2), Full (4) or LockoutOnly (5), and where it comes from: policy, the local
/// setting, or the default, which is Full while AD DS backup is off and Delegated while it is on.
/// </remarks>
/// <example>
/// <code>Get-TpmAuthLevel</code>
/// <para>Shows the level and its source.</para>
/// </example>
/// <example>
/// <code>(Get-TpmAuthLevel).SetByPolicy</code>
/// <para>Shows whether policy sets the level. If so, Set-TpmAuthLevel cannot change it.</para>
/// </example>
/// <seealso>Set-TpmAuthLevel</seealso>
[Cmdlet(VerbsCommon.Get, "TpmAuthLevel")]
[OutputType(typeof(AuthLevel))]
public sealed class GetTpmAuthLevelCommand : TbsCmdlet
{
    /// <inheritdoc/>
    protected override void Process() => WriteObject(Call("authLevel/get", AuthLevel.Read));
}
