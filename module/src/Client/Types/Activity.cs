using System;

namespace TpmTbs;

public sealed partial class Activity
{
    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant($"{PerSecond:0.0} commands/s");
}
