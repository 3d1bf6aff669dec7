using System;
using System.Collections.Generic;
using System.Management.Automation;
using TpmTbs.Client;

namespace TpmTbs.Completion;

/// <summary>Completes the names of event actions.</summary>
public sealed class EventActionCompleter : BrokerCompleter
{
    private protected override IEnumerable<CompletionResult> Complete(string word)
    {
        EventAction[] actions = BrokerClient.CallBriefly("eventAction/list", static json => json.List("actions", EventAction.Read)) ?? Array.Empty<EventAction>();
        foreach (EventAction action in actions)
        {
            if (Begins(action.Name, word)) yield return Offer(action.Name, action.ToString());
        }
    }
}
