namespace TpmTbs;

public sealed partial class PhysicalPresenceOperation
{
    /// <inheritdoc/>
    public override string ToString() => $"{Name} ({Operation}): {Confirmation}";
}
