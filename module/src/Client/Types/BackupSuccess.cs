using System.Globalization;

namespace TpmTbs;

public sealed partial class BackupSuccess
{
    /// <inheritdoc/>
    public override string ToString() => $"{Time.ToString(CultureInfo.CurrentCulture)}, {Target} at {Server}";
}
