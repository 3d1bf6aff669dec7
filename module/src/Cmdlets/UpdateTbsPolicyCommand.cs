using System.Management.Automation;

namespace TpmTbs.Cmdlets;

/// <summary>Reads every policy source again now.</summary>
[Cmdlet(VerbsData.Update, "TbsPolicy")]
[OutputType(typeof(PolicySetting))]
public sealed class UpdateTbsPolicyCommand : TbsCmdlet
{
    /// <inheritdoc/>
    protected override void Process() => WriteObject(Call("policy/refresh", PolicySetting.ReadAll), true);
}
