namespace TpmTbs;

/// <summary>The names of event kinds as the protocol has them: lockoutBegan for LockoutBegan.</summary>
internal static class EventKindName
{
    internal static string Of(EventKind kind)
    {
        string name = kind.ToString();
        return char.ToLowerInvariant(name[0]) + name.Substring(1);
    }
}
