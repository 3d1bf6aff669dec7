using System;
using System.Collections.Generic;
using System.Management.Automation;
using TpmTbs.Client;

namespace TpmTbs.Completion;

/// <summary>Completes the names of policy settings.</summary>
public sealed class SettingCompleter : BrokerCompleter
{
    private protected override IEnumerable<CompletionResult> Complete(string word)
    {
        PolicySetting[] settings = BrokerClient.CallBriefly("policy/get", PolicySetting.ReadAll) ?? Array.Empty<PolicySetting>();
        foreach (PolicySetting setting in settings)
        {
            if (Begins(setting.Name, word)) yield return Offer(setting.Name, setting.ToString());
        }
    }
}
