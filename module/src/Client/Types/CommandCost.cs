using System;

namespace TpmTbs;

public sealed partial class CommandCost
{
    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant($"{Name}: {MeanMs:0.###} ms");
}
