namespace TpmTbs;

public sealed partial class Context
{
    /// <inheritdoc/>
    public override string ToString() => $"context {ContextId} of {UserName ?? UserKey}";
}
