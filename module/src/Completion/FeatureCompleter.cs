using System.Collections.Generic;
using System.Management.Automation;

namespace TpmTbs.Completion;

/// <summary>Completes the names of TPM features, quoted because they contain a space.</summary>
public sealed class FeatureCompleter : BrokerCompleter
{
    private const string KeyAttestation = "key attestation";

    private protected override IEnumerable<CompletionResult> Complete(string word)
    {
        if (Begins(KeyAttestation, word)) yield return Offer($"'{KeyAttestation}'", KeyAttestation);
    }
}
