using System.Collections.Generic;
using System.Globalization;
using System.Security.Cryptography.X509Certificates;

namespace TpmTbs;

/// <summary>A certificate of an endorsement key. As text it takes one line: subject, end of validity and thumbprint.</summary>
public sealed class EndorsementCertificate : X509Certificate2
{
    internal EndorsementCertificate(byte[] der) : base(der)
    {
    }

    /// <inheritdoc/>
    public override string ToString() =>
        $"{Subject}, valid until {NotAfter.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}, thumbprint {Thumbprint}";
}

/// <summary>The certificates of an endorsement key. As text it shows each of them.</summary>
#pragma warning disable CA1010 // Windows' cmdlet returns an X509Certificate2Collection.
public sealed class CertificateList : X509Certificate2Collection
#pragma warning restore CA1010
{
    internal CertificateList()
    {
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        List<string> shown = new();
        foreach (X509Certificate2 one in this) shown.Add(one.ToString());
        return string.Join("; ", shown);
    }
}
