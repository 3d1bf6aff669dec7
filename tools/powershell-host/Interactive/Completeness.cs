using System.Management.Automation.Language;

namespace TpmTbs.PowerShellHost.Interactive;

internal static class Completeness
{
    /// <summary>The only thing wrong with the text is that it stops too early.</summary>
    public static bool IsUnfinished(string text)
    {
        Parser.ParseInput(text, out _, out var errors);
        return errors.Length > 0 && errors[0].IncompleteInput;
    }
}
