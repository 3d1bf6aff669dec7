using System.Globalization;
using System.Security.Cryptography;

namespace TpmTbs;

/// <summary>A public key as SubjectPublicKeyInfo in DER. As text it shows its algorithm and size, <c>RSA 2048</c>.</summary>
public sealed class EndorsementPublicKey : AsnEncodedData
{
    private const string RsaEncryption = "1.2.840.113549.1.1.1";
    private const string EcPublicKey = "1.2.840.10045.2.1";

    internal EndorsementPublicKey(byte[] subjectPublicKeyInfo, bool isOnCurve)
        : base(new Oid(isOnCurve ? EcPublicKey : RsaEncryption), subjectPublicKeyInfo)
    {
        Algorithm = isOnCurve ? "ECC" : "RSA";
        KeySize = isOnCurve ? SizeOnCurve(subjectPublicKeyInfo) : SizeOfModulus(subjectPublicKeyInfo);
    }

    /// <summary>The key's algorithm: RSA or ECC.</summary>
    public string Algorithm { get; }

    /// <summary>The key's size in bits.</summary>
    public int KeySize { get; }

    /// <inheritdoc/>
    public override string ToString() => Algorithm + " " + KeySize.ToString(CultureInfo.InvariantCulture);

    /// <summary>The key is a sequence of modulus and exponent; the modulus begins with a zero byte, since it is positive.</summary>
    private static int SizeOfModulus(byte[] der)
    {
        int key = KeyIn(der, out _);
        ContentOf(der, ContentOf(der, key, out _), out int length);
        return (length - 1) * 8;
    }

    /// <summary>The key is a point: a byte for its form, and two coordinates. Those of P-521 do not fill their last byte.</summary>
    private static int SizeOnCurve(byte[] der)
    {
        KeyIn(der, out int length);
        int bits = (length - 1) / 2 * 8;
        return bits == 528 ? 521 : bits;
    }

    /// <summary>Returns where the key begins: after the algorithm, in a bit string, whose first byte counts unused bits.</summary>
    private static int KeyIn(byte[] der, out int length)
    {
        int algorithm = ContentOf(der, ContentOf(der, 0, out _), out int algorithmLength);
        int bits = ContentOf(der, algorithm + algorithmLength, out length);
        length--;
        return bits + 1;
    }

    /// <summary>Returns where the content of the element at <paramref name="at"/> begins.</summary>
    private static int ContentOf(byte[] der, int at, out int length)
    {
        length = der[at + 1];
        if (length < 0x80) return at + 2;
        int digits = length & 0x7f;
        length = 0;
        for (int digit = 0; digit < digits; digit++) length = (length << 8) | der[at + 2 + digit];
        return at + 2 + digits;
    }
}
