using System.Management.Automation;
using System.Management.Automation.Runspaces;

namespace TpmTbs.PowerShellHost.Interactive;

/// <summary>What Tab may put in place of a part of the line.</summary>
internal sealed record Completion(int Start, int Length, IReadOnlyList<CompletionResult> Candidates);

/// <summary>Asks the engine for completions (TabExpansion2), so that argument completers of modules take part.</summary>
internal sealed class Completer(Runspace runspace)
{
    public Completion? Complete(string line, int cursor)
    {
        using var powershell = System.Management.Automation.PowerShell.Create();
        powershell.Runspace = runspace;
        powershell.AddCommand("TabExpansion2").AddParameter("inputScript", line).AddParameter("cursorColumn", cursor);
        try
        {
            return powershell.Invoke().Select(result => result?.BaseObject).OfType<CommandCompletion>().FirstOrDefault() is { } found
                && found.CompletionMatches.Count > 0
                ? new Completion(found.ReplacementIndex, found.ReplacementLength, found.CompletionMatches)
                : null;
        }
        catch (RuntimeException)
        {
            // A completer that fails offers nothing; the line being typed is no place for its error.
            return null;
        }
    }
}
