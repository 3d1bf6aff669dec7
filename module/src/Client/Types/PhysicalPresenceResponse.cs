namespace TpmTbs;

public sealed partial class PhysicalPresenceResponse
{
    /// <inheritdoc/>
    public override string ToString() => $"{Name}: {ResultName}";
}
