namespace TpmTbs;

public sealed partial class PassedOverTpm
{
    /// <inheritdoc/>
    public override string ToString() => $"{Transport} ({Reason})";
}
