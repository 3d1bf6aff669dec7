namespace TpmTbs;

public sealed partial class RunningCommand
{
    /// <inheritdoc/>
    public override string ToString() => $"{Name} of {UserName ?? UserKey} for {DurationMs:0} ms";
}
