namespace TpmTbs;

/// <summary>Classes of callers as a user names them and as the protocol has them.</summary>
internal static class ClassName
{
    /// <summary>The name in the protocol, whatever the case in which the user gave it: <c>standarduser</c> is <c>standardUser</c>.</summary>
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
