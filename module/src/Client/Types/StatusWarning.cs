namespace TpmTbs;

public sealed partial class StatusWarning
{
    /// <inheritdoc/>
    public override string ToString() => $"{Message} {Action}";
}
