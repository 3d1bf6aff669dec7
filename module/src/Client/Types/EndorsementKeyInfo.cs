using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using TpmTbs.Client;

namespace TpmTbs;

/// <summary>The endorsement key and its certificates, with the properties of Windows' Get-TpmEndorsementKeyInfo.</summary>
public sealed class EndorsementKeyInfo
{
    private const string RsaEncryption = "1.2.840.113549.1.1.1";
    private const string EcPublicKey = "1.2.840.10045.2.1";

    /// <summary>Whether there is an endorsement key.</summary>
    public bool IsPresent { get; private set; }

    /// <summary>SubjectPublicKeyInfo in DER, with its algorithm identifier; null if there is no key or it is of another kind.</summary>
    public AsnEncodedData? PublicKey { get; private set; }

    /// <summary>The hash of PublicKey in hexadecimal; null unless requested.</summary>
    public string? PublicKeyHash { get; private set; }

    /// <summary>The certificates that the manufacturer stored in the TPM.</summary>
    public X509Certificate2Collection ManufacturerCertificates { get; private set; } = new();

    /// <summary>Additional certificates.</summary>
    public X509Certificate2Collection AdditionalCertificates { get; private set; } = new();

    /// <inheritdoc/>
    public override string ToString() =>
        IsPresent ? $"{PublicKey?.Oid?.FriendlyName ?? "endorsement key"}, {ManufacturerCertificates.Count} certificates" : "no endorsement key";

    internal static EndorsementKeyInfo Read(JsonValue json, bool withHash) => new()
    {
        IsPresent = json.Flag("isPresent"),
        PublicKey = json["publicKey"].IsNull
            ? null
            : new AsnEncodedData(new Oid(json.TextOrNull("algorithm") == "ecc" ? EcPublicKey : RsaEncryption), json.Bytes("publicKey")),
        PublicKeyHash = withHash ? json.TextOrNull("publicKeyHash") : null,
        ManufacturerCertificates = Certificates(json, "manufacturerCertificates"),
        AdditionalCertificates = Certificates(json, "additionalCertificates"),
    };

    private static X509Certificate2Collection Certificates(JsonValue json, string name)
    {
        X509Certificate2Collection certificates = new();
        foreach (byte[] one in json.List(name, static one => one.AsBytes())) certificates.Add(new X509Certificate2(one));
        return certificates;
    }
}
