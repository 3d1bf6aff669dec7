using System.Management.Automation;
using System.Text;

namespace Microsoft.PowerShell.Commands;

/// <summary>Turns the encoding names of -Encoding into encodings.</summary>
internal sealed class TextEncodingAttribute : ArgumentTransformationAttribute
{
    public static Encoding Default { get; } = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);

    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        var given = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        return given switch
        {
            Encoding encoding => encoding,
            int codePage => Encoding.GetEncoding(codePage),
            _ => ByName(LanguagePrimitives.ConvertTo<string>(given)),
        };
    }

    private static Encoding ByName(string name) => name.ToLowerInvariant() switch
    {
        "utf8" or "utf8nobom" or "default" => Default,
        "utf8bom" => new UTF8Encoding(encoderShouldEmitUTF8Identifier: true),
        "ascii" => Encoding.ASCII,
        "unicode" => Encoding.Unicode,
        "bigendianunicode" => Encoding.BigEndianUnicode,
        "utf32" => Encoding.UTF32,
        _ => ByCodeName(name),
    };

    private static Encoding ByCodeName(string name)
    {
        try
        {
            return Encoding.GetEncoding(name);
        }
        catch (ArgumentException)
        {
            throw new ArgumentTransformationMetadataException($"'{name}' is not a known encoding. Use utf8, utf8BOM, ascii, unicode, bigendianunicode or utf32.");
        }
    }
}
