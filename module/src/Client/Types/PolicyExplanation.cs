namespace TpmTbs;

public sealed partial class PolicyExplanation
{
    /// <inheritdoc/>
    public override string ToString() => $"{Name} = {PolicyValue.Shown(Value)} ({Source})";
}
