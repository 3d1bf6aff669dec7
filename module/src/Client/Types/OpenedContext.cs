namespace TpmTbs;

public sealed partial class OpenedContext
{
    /// <inheritdoc/>
    public override string ToString() => $"context {ContextId} (TPM {TpmVersion})";
}
