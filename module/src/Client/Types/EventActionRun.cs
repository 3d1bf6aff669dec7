using System;

namespace TpmTbs;

public sealed partial class EventActionRun
{
    /// <summary>How long it ran.</summary>
    public TimeSpan Duration => TimeSpan.FromMilliseconds(DurationMs);

    /// <inheritdoc/>
    public override string ToString() => $"{Name}: {Result}{(Error is null ? "" : $": {Error}")}";
}
