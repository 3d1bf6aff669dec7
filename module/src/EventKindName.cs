using TpmTbs.Client;

namespace TpmTbs;

/// <summary>The names of event kinds as the protocol has them: lockoutBegan for LockoutBegan.</summary>
internal static class EventKindName
{
    /// <exception cref="TpmTbs.TbsException">The kind is Unknown, which only says that the broker is newer.</exception>
    internal static string Of(EventKind kind)
    {
        if (kind == EventKind.Unknown)
            throw TbsErrors.BadParameter("Unknown is no kind of event.", "Get-Help Get-TbsEvent names the kinds.", kind);
        string name = kind.ToString();
        return char.ToLowerInvariant(name[0]) + name.Substring(1);
    }
}
