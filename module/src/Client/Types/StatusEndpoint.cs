namespace TpmTbs;

public sealed partial class StatusEndpoint
{
    /// <inheritdoc/>
    public override string ToString() => $"{Kind} {Address}";
}
