namespace TpmTbs;

public sealed partial class StandIn
{
    /// <inheritdoc/>
    public override string ToString() => $"{Kind}{(PassedOver.Count == 0 ? "" : $" in place of {PassedOver}")}";
}
