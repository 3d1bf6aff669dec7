using System;
using System.Text;

namespace TpmTbs.Client;

/// <summary>
/// Splits a byte stream into messages: <c>Content-Length: N</c>, an empty line, and N bytes of JSON. Independent of sockets.
/// Memory grows with the bytes that arrive, not with the length that a header announces.
/// </summary>
internal sealed class MessageBuffer
{
    /// <summary>The longest message. The broker's own limit is lower, so a longer message is not from a broker.</summary>
    internal const int MaxMessageBytes = 16 * 1024 * 1024;

    private const string LengthField = "Content-Length: ";

    /// <summary>Enough for the field, ten digits and two line ends, with some to spare.</summary>
    private const int MaxHeaderBytes = 64;

    private byte[] bytes = new byte[4096];
    private int start;
    private int end;

    /// <summary>Appends received bytes.</summary>
    internal void Append(byte[] source, int offset, int count)
    {
        MakeRoom(count);
        Buffer.BlockCopy(source, offset, bytes, end, count);
        end += count;
    }

    /// <summary>Removes and returns the next complete message, or null if there is none yet.</summary>
    /// <exception cref="ProtocolException">The bytes are not the broker's protocol.</exception>
    internal byte[]? TakeMessage()
    {
        int headerEnd = FindHeaderEnd();
        if (headerEnd < 0)
        {
            if (end - start >= MaxHeaderBytes) throw NotTheProtocol();
            return null;
        }
        int length = ReadLength(headerEnd);
        int body = headerEnd + 4;
        if (end - body < length) return null;
        byte[] message = new byte[length];
        Buffer.BlockCopy(bytes, body, message, 0, length);
        start = body + length;
        if (start == end) start = end = 0;
        return message;
    }

    private int FindHeaderEnd()
    {
        int last = Math.Min(end, start + MaxHeaderBytes) - 3;
        for (int at = start; at < last; at++)
        {
            if (bytes[at] == '\r' && bytes[at + 1] == '\n' && bytes[at + 2] == '\r' && bytes[at + 3] == '\n') return at;
        }
        return -1;
    }

    /// <summary>Reads the length from the header. Accepts only digits: no sign, no spaces.</summary>
    private int ReadLength(int headerEnd)
    {
        string header = Encoding.ASCII.GetString(bytes, start, headerEnd - start);
        int digits = header.Length - LengthField.Length;
        if (digits is < 1 or > 8 || !header.StartsWith(LengthField, StringComparison.Ordinal)) throw NotTheProtocol();
        int length = 0;
        for (int at = LengthField.Length; at < header.Length; at++)
        {
            if (header[at] is < '0' or > '9') throw NotTheProtocol();
            length = length * 10 + (header[at] - '0');
        }
        if (length is 0 or > MaxMessageBytes) throw NotTheProtocol();
        return length;
    }

    private void MakeRoom(int count)
    {
        if (bytes.Length - end >= count) return;
        int held = end - start;
        byte[] target = bytes.Length - held >= count ? bytes : new byte[Math.Max(bytes.Length * 2, held + count)];
        Buffer.BlockCopy(bytes, start, target, 0, held);
        bytes = target;
        start = 0;
        end = held;
    }

    private static ProtocolException NotTheProtocol() => new("What answers there does not speak the protocol of tbsd.");
}
