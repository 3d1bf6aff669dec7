namespace TpmTbs;

public sealed partial class Queue
{
    /// <inheritdoc/>
    public override string ToString() => $"waiting: {(Waiting.Count == 0 ? "none" : Waiting)}; running: {Running?.ToString() ?? "none"}";
}
