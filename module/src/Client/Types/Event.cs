namespace TpmTbs;

public sealed partial class Event
{
    /// <inheritdoc/>
    public override string ToString() => $"{Time:u} {Kind}: {Message}";
}
