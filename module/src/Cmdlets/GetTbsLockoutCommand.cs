using System.Management.Automation;
using TpmTbs.Completion;

namespace TpmTbs.Cmdlets;

/// <summary>Shows the authorization failures of standard users and who is locked out.</summary>
/// <remarks>
/// Shows the thresholds, the window, the failures of all standard users together and, for each user, the counted
/// failures, whether the user is locked out, and when that ends. Administrators see everybody, others themselves.
/// </remarks>
/// <example>
/// <code>Get-TbsLockout</code>
/// <para>Shows thresholds, totals and users.</para>
/// </example>
/// <example>
/// <code>Get-TbsLockout -User alice</code>
/// <para>Shows one user's failures and when each leaves the window.</para>
/// </example>
/// <seealso>Reset-TbsLockout</seealso>
[Cmdlet(VerbsCommon.Get, "TbsLockout")]
[OutputType(typeof(Lockout), typeof(UserLockout))]
public sealed class GetTbsLockoutCommand : TbsCmdlet
{
    /// <summary>Only these users, by key (uid:1000), name or wildcard; returns one object for each user.</summary>
    [Parameter(ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("UserKey")]
    [ArgumentCompleter(typeof(UserCompleter))]
    [SupportsWildcards]
    public string[]? User { get; set; }

    /// <inheritdoc/>
    protected override void Process()
    {
        Lockout lockout = Call("lockout/get", Lockout.Read);
        if (User is null)
        {
            WriteObject(lockout);
            return;
        }
        foreach (string pattern in User)
        {
            WildcardPattern wildcard = WildcardPattern.Get(pattern, WildcardOptions.IgnoreCase | WildcardOptions.CultureInvariant);
            foreach (UserLockout one in lockout.Users)
            {
                if (wildcard.IsMatch(one.UserKey) || (one.UserName is not null && wildcard.IsMatch(one.UserName))) WriteObject(one);
            }
        }
    }
}
