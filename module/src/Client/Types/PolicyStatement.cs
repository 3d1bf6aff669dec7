namespace TpmTbs;

public sealed partial class PolicyStatement
{
    /// <inheritdoc/>
    public override string ToString() => $"{Source} says {(Disables ? "disabled" : PolicyValue.Shown(Value))}: {Effect}";
}
