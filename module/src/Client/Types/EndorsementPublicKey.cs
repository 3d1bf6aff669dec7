using System.Globalization;
using System.Security.Cryptography;
using TpmTbs.Client;

namespace TpmTbs;

/// <summary>A public key as SubjectPublicKeyInfo in DER. As text it shows its algorithm and size, <c>RSA 2048</c>.</summary>
public sealed class EndorsementPublicKey : AsnEncodedData
{
    private const string RsaEncryption = "1.2.840.113549.1.1.1";
    private const string EcPublicKey = "1.2.840.10045.2.1";

    private EndorsementPublicKey(byte[] subjectPublicKeyInfo, bool isOnCurve, int keySize)
        : base(new Oid(isOnCurve ? EcPublicKey : RsaEncryption), subjectPublicKeyInfo)
    {
        Algorithm = isOnCurve ? "ECC" : "RSA";
        KeySize = keySize;
    }

    /// <summary>The key's algorithm: RSA or ECC.</summary>
    public string Algorithm { get; }

    /// <summary>The key's size in bits.</summary>
    public int KeySize { get; }

    /// <inheritdoc/>
    public override string ToString() => Algorithm + " " + KeySize.ToString(CultureInfo.InvariantCulture);

    /// <summary>Reads the public key of an endorsement key; returns null if there is no key or it is of another kind.</summary>
    internal static EndorsementPublicKey? Read(JsonValue json) => json["publicKey"].IsNull
        ? null
        : new(json.Bytes("publicKey"), json.TextOrNull("algorithm") == "ecc", json.Int32("keySizeBits"));
}
