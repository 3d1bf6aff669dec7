namespace TpmTbs;

public sealed partial class DeviceInfo
{
    /// <inheritdoc/>
    public override string ToString() => $"{TpmVersion}, {Manufacturer}, {Transport}";
}
