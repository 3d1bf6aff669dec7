namespace TpmTbs;

public sealed partial class PhysicalPresence
{
    /// <inheritdoc/>
    public override string ToString() => $"version {Version}, {RequestName} waits";
}
