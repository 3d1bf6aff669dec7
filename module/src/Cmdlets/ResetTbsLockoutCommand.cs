using System.Management.Automation;
using TpmTbs.Client;
using TpmTbs.Completion;

namespace TpmTbs.Cmdlets;

/// <summary>Forgets authorization failures, so that standard users may go on.</summary>
/// <remarks>
/// Empties the ledger of authorization failures, of all standard users or of the users given. The TPM's own lockout is not
/// touched: Unblock-Tpm resets that. For administrators.
/// </remarks>
/// <example>
/// <code>Reset-TbsLockout</code>
/// <para>Forgets the failures of all users.</para>
/// </example>
/// <example>
/// <code>Get-TbsLockout -User alice | Reset-TbsLockout</code>
/// <para>Forgets those of one user.</para>
/// </example>
/// <seealso>Get-TbsLockout</seealso>
[Cmdlet(VerbsCommon.Reset, "TbsLockout", SupportsShouldProcess = true)]
[OutputType(typeof(Lockout))]
public sealed class ResetTbsLockoutCommand : TbsCmdlet
{
    private const string Action = "Forget authorization failures";

    /// <summary>The users, by key (uid:1000) or name; all unless set.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
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
