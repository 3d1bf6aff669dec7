using System.Collections.Generic;
using System.Management.Automation;

namespace TpmTbs.Completion;

/// <summary>Completes the names of priorities.</summary>
public sealed class PriorityCompleter : BrokerCompleter
{
    private protected override IEnumerable<CompletionResult> Complete(string word)
    {
        foreach (string name in CommandPriority.Names)
        {
            if (Begins(name, word)) yield return Offer(name, name);
        }
    }
}
