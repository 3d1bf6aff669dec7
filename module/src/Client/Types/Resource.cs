namespace TpmTbs;

public sealed partial class Resource
{
    /// <inheritdoc/>
    public override string ToString() => $"{Kind} of {UserName ?? UserKey}, 0x{VirtualHandle:X8}";
}
