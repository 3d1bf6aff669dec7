using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using TpmTbs.Client;

namespace TpmTbs;

/// <summary>The endorsement key and its certificates, with the properties of Windows' Get-TpmEndorsementKeyInfo.</summary>
public sealed class EndorsementKeyInfo
{
    /// <summary>Whether there is an endorsement key.</summary>
    public bool IsPresent { get; private set; }

    /// <summary>SubjectPublicKeyInfo in DER, with its algorithm identifier; null if there is no key or it is of another kind.</summary>
    public EndorsementPublicKey? PublicKey { get; private set; }

    /// <summary>The hash of PublicKey in hexadecimal; null unless requested.</summary>
    public string? PublicKeyHash { get; private set; }

    /// <summary>The certificates that the manufacturer stored in the TPM.</summary>
    public CertificateList ManufacturerCertificates { get; private set; } = new();

    /// <summary>Additional certificates.</summary>
    public CertificateList AdditionalCertificates { get; private set; } = new();

    /// <inheritdoc/>
    public override string ToString() =>
        IsPresent ? $"{PublicKey?.ToString() ?? "endorsement key"}, {ManufacturerCertificates.Count} certificates" : "no endorsement key";

    internal static EndorsementKeyInfo Read(JsonValue json, bool withHash) => new()
    {
        IsPresent = json.Flag("isPresent"),
        PublicKey = EndorsementPublicKey.Read(json),
        PublicKeyHash = withHash ? json.TextOrNull("publicKeyHash") : null,
        ManufacturerCertificates = Certificates(json, "manufacturerCertificates"),
        AdditionalCertificates = Certificates(json, "additionalCertificates"),
    };

    private static CertificateList Certificates(JsonValue json, string name)
    {
        CertificateList certificates = new();
        foreach (byte[] one in json.List(name, static one => one.AsBytes())) certificates.Add(new EndorsementCertificate(one));
        return certificates;
    }
}
