using System;
using System.Collections.Generic;
using System.Management.Automation;
using TpmTbs.Client;

namespace TpmTbs.Completion;

/// <summary>Completes the user keys in the failure ledger.</summary>
public sealed class UserCompleter : BrokerCompleter
{
    private protected override IEnumerable<CompletionResult> Complete(string word)
    {
        UserLockout[] users = BrokerClient.CallBriefly("lockout/get", static json => json.List("users", UserLockout.Read)) ?? Array.Empty<UserLockout>();
        foreach (UserLockout user in users)
        {
            if (Begins(user.UserKey, word) || Begins(user.UserName, word)) yield return Offer(user.UserKey, user.ToString());
        }
    }
}
