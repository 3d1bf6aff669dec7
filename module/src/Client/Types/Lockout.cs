namespace TpmTbs;

public sealed partial class Lockout
{
    /// <inheritdoc/>
    public override string ToString() => $"{TotalFailures} of {TotalThreshold} failures of all, {Users.Length} users";
}
