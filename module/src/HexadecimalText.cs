namespace TpmTbs;

/// <summary>Hexadecimal text in the usual forms: <c>8001 0000000C</c>, <c>0x80,0x01</c>, <c>80:01</c>, <c>80-01</c>.</summary>
internal static class HexadecimalText
{
    /// <summary>Returns the bytes, or null if the text is not a whole number of hexadecimal bytes.</summary>
    internal static byte[]? ToBytes(string text)
    {
        byte[] bytes = new byte[(text.Length + 1) / 2];
        int digits = 0;
        for (int at = 0; at < text.Length; at++)
        {
            char letter = text[at];
            if (letter is ',' or ':' or '-' || char.IsWhiteSpace(letter)) continue;
            if (letter == '0' && at + 1 < text.Length && text[at + 1] is 'x' or 'X')
            {
                at++;
                continue;
            }
            int value = ValueOf(letter);
            if (value < 0) return null;
            bytes[digits / 2] = (byte)((bytes[digits / 2] << 4) | value);
            digits++;
        }
        if (digits == 0 || digits % 2 != 0) return null;
        System.Array.Resize(ref bytes, digits / 2);
        return bytes;
    }

    private static int ValueOf(char letter) => letter switch
    {
        >= '0' and <= '9' => letter - '0',
        >= 'a' and <= 'f' => letter - 'a' + 10,
        >= 'A' and <= 'F' => letter - 'A' + 10,
        _ => -1,
    };
}
