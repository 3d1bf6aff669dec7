using System.Collections.Generic;
using System.Globalization;
using System.Management.Automation;

namespace TpmTbs.Completion;

/// <summary>Completes the names of physical presence operations.</summary>
public sealed class PhysicalPresenceOperationCompleter : BrokerCompleter
{
    private protected override IEnumerable<CompletionResult> Complete(string word)
    {
        foreach (PhysicalPresenceRequest operation in PhysicalPresenceRequest.All)
        {
            if (!Begins(operation.Name, word)) continue;
            yield return Offer(operation.Name, operation.Number.ToString(CultureInfo.InvariantCulture) + " " + operation.Name);
        }
    }
}
