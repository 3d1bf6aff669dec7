namespace TpmTbs;

public sealed partial class WaitingCommands
{
    /// <inheritdoc/>
    public override string ToString() => $"{Count} of {UserName ?? UserKey} ({Priority})";
}
