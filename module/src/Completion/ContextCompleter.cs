using System;
using System.Collections.Generic;
using System.Globalization;
using System.Management.Automation;
using TpmTbs.Client;

namespace TpmTbs.Completion;

/// <summary>Completes the ids of open contexts.</summary>
public sealed class ContextCompleter : BrokerCompleter
{
    private protected override IEnumerable<CompletionResult> Complete(string word)
    {
        Context[] contexts = BrokerClient.CallBriefly("context/list", static json => json.List("contexts", Context.Read)) ?? Array.Empty<Context>();
        foreach (Context context in contexts)
        {
            string id = context.ContextId.ToString(CultureInfo.InvariantCulture);
            if (Begins(id, word)) yield return Offer(id, $"{context.UserName ?? context.UserKey}, opened {context.OpenedAt}");
        }
    }
}
