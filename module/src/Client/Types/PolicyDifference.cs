namespace TpmTbs;

public sealed partial class PolicyDifference
{
    /// <inheritdoc/>
    public override string ToString() =>
        $"{Name}: {PolicyValue.Shown(Current)}, desired {PolicyValue.Shown(Desired)} (from {Source})";

    /// <summary>A setting that was taken out of the local policy file, so that another source decides.</summary>
    internal static PolicyDifference Removal(PolicySetting before, PolicySetting after) =>
        new() { Name = before.Name, Current = before.Value, Desired = after.Value, Source = before.Source };
}
