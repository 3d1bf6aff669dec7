namespace TpmTbs;

public sealed partial class PolicyProblem
{
    /// <inheritdoc/>
    public override string ToString() => $"{Source}: {Message}";
}
