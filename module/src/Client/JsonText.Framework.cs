#if NETFRAMEWORK
using System;
using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using System.Web.Script.Serialization;

namespace TpmTbs.Client;

/// <summary>Reads and writes JSON with the serializer of .NET Framework.</summary>
internal sealed partial class JsonValue
{
    private static readonly UTF8Encoding Utf8 = new(false, true);

    /// <summary>Parses JSON in UTF-8.</summary>
    internal static JsonValue Parse(byte[] text)
    {
        try
        {
            JavaScriptSerializer serializer = new() { MaxJsonLength = int.MaxValue, RecursionLimit = 64 };
            return Read(serializer.DeserializeObject(Utf8.GetString(text)));
        }
        catch (DecoderFallbackException exception)
        {
            throw new ProtocolException("The message is not UTF-8.", exception);
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException)
        {
            throw new ProtocolException("The message is not JSON.", exception);
        }
    }

    /// <summary>Translates what the serializer returns; for numbers that is Int32, Int64, Decimal or Double.</summary>
    private static JsonValue Read(object? parsed)
    {
        switch (parsed)
        {
            case null:
                return Null;
            case string or bool:
                return new JsonValue(parsed);
            case IDictionary<string, object?> members:
                return new JsonValue(members.ToDictionary(static one => one.Key, static one => Read(one.Value)));
            case IList elements:
                return new JsonValue(elements.Cast<object?>().Select(Read).ToList());
            default:
                double number = Convert.ToDouble(parsed, CultureInfo.InvariantCulture);
                bool isWhole = number >= long.MinValue && number < long.MaxValue && Math.Floor(number) == number;
                return new JsonValue(isWhole ? Convert.ToInt64(parsed, CultureInfo.InvariantCulture) : (object)number);
        }
    }

    /// <summary>Returns the value as JSON. The serializer of .NET Framework cannot indent.</summary>
    internal string ToIndentedJson() => new JavaScriptSerializer { MaxJsonLength = int.MaxValue }.Serialize(Plain());

    private object? Plain() => value switch
    {
        List<JsonValue> elements => elements.ConvertAll(static one => one.Plain()),
        Dictionary<string, JsonValue> members => members.ToDictionary(static one => one.Key, static one => one.Value.Plain()),
        _ => value,
    };
}
#endif
