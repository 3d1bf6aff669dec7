using System;
using System.Collections.Generic;
using System.Management.Automation;

namespace TpmTbs.Completion;

/// <summary>Completes the kinds of events.</summary>
public sealed class EventKindCompleter : BrokerCompleter
{
    private protected override IEnumerable<CompletionResult> Complete(string word)
    {
#if NET
        EventKind[] kinds = Enum.GetValues<EventKind>();
#else
        EventKind[] kinds = (EventKind[])Enum.GetValues(typeof(EventKind));
#endif
        foreach (EventKind kind in kinds)
        {
            if (kind == EventKind.Unknown) continue;
            string name = EventKindName.Of(kind);
            if (Begins(name, word)) yield return Offer(name, name);
        }
    }
}
