namespace TpmTbs;

public sealed partial class PcrTest
{
    /// <inheritdoc/>
    public override string ToString() => $"PCR {PcrIndex} {(Matches ? "matches" : "differs")}";
}
