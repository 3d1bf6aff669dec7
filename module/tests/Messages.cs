using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;

namespace TpmTbs.Tests;

/// <summary>Builds messages in the broker's framing.</summary>
internal static class Messages
{
    internal static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    internal static byte[] Framed(string json) => Framed(Bytes(json));

    internal static byte[] Framed(byte[] body)
    {
        string header = "Content-Length: " + body.Length.ToString(CultureInfo.InvariantCulture) + "\r\n\r\n";
        return Bytes(header).Concat(body).ToArray();
    }

    internal static byte[] Result(int id, string json) =>
        Framed($$"""{"jsonrpc":"2.0","id":{{id.ToString(CultureInfo.InvariantCulture)}},"result":{{json}}}""");

    internal static byte[] Joined(IEnumerable<byte[]> parts) => parts.SelectMany(static part => part).ToArray();
}
