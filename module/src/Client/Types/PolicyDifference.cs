namespace TpmTbs;

public sealed partial class PolicyDifference
{
    /// <inheritdoc/>
    public override string ToString() =>
        $"{Name}: {PolicyValue.Shown(Current)}, desired {PolicyValue.Shown(Desired)} (from {Source})";

    /// <summary>Describes the removal of a setting from the local policy file, after which another source applies.</summary>
    internal static PolicyDifference Removal(PolicySetting before, PolicySetting after) =>
        new() { Name = before.Name, Current = before.Value, Desired = after.Value, Source = before.Source };
}
