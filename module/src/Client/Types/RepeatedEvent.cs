namespace TpmTbs;

public sealed partial class RepeatedEvent
{
    /// <inheritdoc/>
    public override string ToString() => $"{Count} times from {First:g} to {Last:g}";
}
