using System;
using System.Collections;
using System.Collections.Generic;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace TpmTbs.Completion;

/// <summary>
/// Tab completion for a parameter. Waits only briefly for the broker; without an answer it silently offers nothing.
/// </summary>
public abstract class BrokerCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        Complete((wordToComplete ?? "").Trim('\'', '"'));

    /// <summary>Returns the candidates for a word, given without its quotes.</summary>
    private protected abstract IEnumerable<CompletionResult> Complete(string word);

    private protected static bool Begins(string? text, string word) =>
        text is not null && text.StartsWith(word, StringComparison.OrdinalIgnoreCase);

    private protected static CompletionResult Offer(string text, string tip) => new(text, text, CompletionResultType.ParameterValue, tip);
}
