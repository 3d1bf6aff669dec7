using System;
using System.Collections;
using System.Collections.ObjectModel;

namespace TpmTbs;

/// <summary>
/// Bytes of a result, which PowerShell accepts wherever it accepts a byte array. As text, for instance in a CSV file, they are
/// in hexadecimal, whereas an array would show the name of its type.
/// </summary>
public sealed class ByteList : ReadOnlyCollection<byte>
{
    internal ByteList(byte[] bytes) : base(bytes)
    {
    }

    /// <summary>Creates a list from the copy of one that a job or a CLIXML file brings.</summary>
    public ByteList(ArrayList copy) : base((byte[])(copy ?? throw new ArgumentNullException(nameof(copy))).ToArray(typeof(byte)))
    {
    }

    /// <summary>The number of bytes, named as for arrays.</summary>
    public int Length => Count;

    /// <summary>Returns a copy of the bytes as an array.</summary>
    public byte[] ToArray()
    {
        byte[] bytes = new byte[Count];
        CopyTo(bytes, 0);
        return bytes;
    }

    /// <summary>Converts to an array; PowerShell does so where a method takes one.</summary>
    public static implicit operator byte[](ByteList list) => (list ?? throw new ArgumentNullException(nameof(list))).ToArray();

    /// <inheritdoc/>
    public override string ToString() =>
#if NET
        Convert.ToHexString((byte[])Items);
#else
        BitConverter.ToString((byte[])Items).Replace("-", "");
#endif
}
