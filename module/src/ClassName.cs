namespace TpmTbs;

/// <summary>Translates caller class names from user input to the protocol.</summary>
internal static class ClassName
{
    /// <summary>Returns the protocol's spelling, ignoring case: <c>standarduser</c> becomes <c>standardUser</c>.</summary>
    internal static string? InProtocol(string? given)
    {
        if (string.IsNullOrEmpty(given)) return null;
        foreach (string known in new[] { "administrator", "standardUser", "sandboxedApp" })
        {
            if (string.Equals(known, given, System.StringComparison.OrdinalIgnoreCase)) return known;
        }
        return given;
    }
}
