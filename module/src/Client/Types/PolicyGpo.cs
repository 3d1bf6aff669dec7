namespace TpmTbs;

public sealed partial class PolicyGpo
{
    /// <inheritdoc/>
    public override string ToString() => Enforced ? $"{Name}, enforced" : Name;
}
