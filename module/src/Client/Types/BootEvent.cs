namespace TpmTbs;

public sealed partial class BootEvent
{
    /// <inheritdoc/>
    public override string ToString() => $"PCR {PcrIndex} {TypeName}: {Description}";
}
