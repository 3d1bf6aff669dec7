namespace TpmTbs;

public sealed partial class EventAction
{
    /// <inheritdoc/>
    public override string ToString() => $"{Name}: {string.Join(", ", Kinds)} start {Path} ({State})";
}
