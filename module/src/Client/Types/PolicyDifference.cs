namespace TpmTbs;

public sealed partial class PolicyDifference
{
    /// <inheritdoc/>
    public override string ToString() =>
        $"{Name}: {PolicyValue.Shown(Current)}, desired {PolicyValue.Shown(Desired)} (from {Source})";
}
