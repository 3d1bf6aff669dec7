namespace TpmTbs;

public sealed partial class ListStatement
{
    /// <inheritdoc/>
    public override string ToString() => $"{List} {Effect}{(InForce ? "" : " (not in force)")}";
}
