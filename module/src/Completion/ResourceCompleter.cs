using System;
using System.Collections.Generic;
using System.Management.Automation;
using TpmTbs.Client;

namespace TpmTbs.Completion;

/// <summary>Completes the ids of the resources that callers hold.</summary>
public sealed class ResourceCompleter : BrokerCompleter
{
    private protected override IEnumerable<CompletionResult> Complete(string word)
    {
        Resource[] resources = BrokerClient.CallBriefly("resource/list", static json => json.List("resources", Resource.Read)) ?? Array.Empty<Resource>();
        foreach (Resource resource in resources)
        {
            if (!Begins(resource.Id, word)) continue;
            yield return new CompletionResult($"'{resource.Id}'", resource.Id, CompletionResultType.ParameterValue, resource.ToString());
        }
    }
}
