using System.Management.Automation;
using TpmTbs.Client;
using TpmTbs.Completion;

namespace TpmTbs.Cmdlets;

/// <summary>Clears authorization failures, which ends the lockout of standard users.</summary>
/// <remarks>
/// Clears the authorization failures of all standard users, or of the given users. The TPM's own lockout does not
/// change: Unblock-Tpm resets that. For administrators.
/// </remarks>
/// <example>
/// <code>Reset-TbsLockout</code>
/// <para>Clears the failures of all users.</para>
/// </example>
/// <example>
/// <code>Get-TbsLockout -User alice | Reset-TbsLockout</code>
/// <para>Clears the failures of one user.</para>
/// </example>
/// <seealso>Get-TbsLockout</seealso>
[Cmdlet(VerbsCommon.Reset, "TbsLockout", SupportsShouldProcess = true)]
[OutputType(typeof(Lockout))]
public sealed class ResetTbsLockoutCommand : TbsCmdlet
{
    private const string Action = "Forget authorization failures";

    /// <summary>The users, by key (uid:1000) or name; default: all users.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("UserKey")]
    [ArgumentCompleter(typeof(UserCompleter))]
    [ValidateNotNullOrEmpty]
    public string[]? User { get; set; }

    /// <inheritdoc/>
    protected override void Process()
    {
        if (User is null)
        {
            if (Confirmed("all standard users", Action)) WriteObject(Call("lockout/reset", Lockout.Read));
            return;
        }
        foreach (string one in User)
        {
            ForObject(one, () =>
            {
                if (Confirmed(one, Action)) WriteObject(Call("lockout/reset", new RpcParameters { ["user"] = one }, Lockout.Read));
            });
        }
    }
}
