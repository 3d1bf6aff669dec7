using System;
using System.Collections.Generic;
using System.Globalization;
using System.Management.Automation;
using TpmTbs.Client;

namespace TpmTbs.Completion;

/// <summary>Completes TPM commands from the start of the name, with or without its prefix, or of the code.</summary>
public sealed class CommandCompleter : BrokerCompleter
{
    private static CommandBlock[]? known;

    private protected override IEnumerable<CompletionResult> Complete(string word)
    {
        known ??= BrokerClient.CallBriefly("commandBlock/list", static json => json.List("commands", CommandBlock.Read));
        foreach (CommandBlock command in known ?? Array.Empty<CommandBlock>())
        {
            string hexadecimal = "0x" + command.Ordinal.ToString("X", CultureInfo.InvariantCulture);
            string number = command.Ordinal.ToString(CultureInfo.InvariantCulture);
            string? text = null;
            if (NameMatches(command.Name, word)) text = command.Name;
            else if (word.Length > 0 && Begins(hexadecimal, word)) text = hexadecimal;
            else if (word.Length > 0 && Begins(number, word)) text = number;
            if (text is not null) yield return Offer(text, $"{command.Name} ({hexadecimal}, {number})");
        }
    }

    private static bool NameMatches(string name, string word)
    {
        if (name.StartsWith("0x", StringComparison.Ordinal)) return false;
        int prefix = name.IndexOf('_');
        return Begins(name, word) || (prefix > 0 && Begins(name.Substring(prefix + 1), word));
    }
}
