using System.Globalization;

namespace TpmTbs;

public sealed partial class BackupFailure
{
    /// <inheritdoc/>
    public override string ToString() => $"{Time.ToString(CultureInfo.CurrentCulture)}, {Reason}: {Message}";
}
