#if NETFRAMEWORK
using System;
using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using System.Web.Script.Serialization;

namespace TpmTbs.Client;

/// <summary>A value in a message of the broker, parsed by the serializer of .NET Framework.</summary>
internal sealed partial class JsonValue
{
    private static readonly UTF8Encoding Utf8 = new(false, true);

    private readonly object? value;

    private JsonValue(object? value) => this.value = value;

    /// <summary>Parses JSON in UTF-8.</summary>
    internal static JsonValue Parse(byte[] text)
    {
        try
        {
            JavaScriptSerializer serializer = new() { MaxJsonLength = int.MaxValue, RecursionLimit = 64 };
            return new JsonValue(serializer.DeserializeObject(Utf8.GetString(text)));
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

    internal bool IsNull => value is null;

    internal bool IsObject => value is IDictionary<string, object?>;

    internal bool IsArray => value is IList;

    internal bool IsNumber => value is int or long or decimal or double;

    internal bool IsString => value is string;

    internal bool IsBoolean => value is bool;

    internal JsonValue this[string name]
    {
        get
        {
            if (value is not IDictionary<string, object?> members) throw WrongKind("an object");
            return new JsonValue(members.TryGetValue(name, out object? member) ? member : null);
        }
    }

    internal IEnumerable<JsonValue> Elements()
    {
        if (value is not IList elements) throw WrongKind("a list");
        foreach (object? one in elements) yield return new JsonValue(one);
    }

    internal IEnumerable<KeyValuePair<string, JsonValue>> Members()
    {
        if (value is not IDictionary<string, object?> members) throw WrongKind("an object");
        foreach (KeyValuePair<string, object?> one in members)
        {
            yield return new KeyValuePair<string, JsonValue>(one.Key, new JsonValue(one.Value));
        }
    }

    /// <summary>Returns the value as JSON. The serializer of .NET Framework cannot indent.</summary>
    internal string ToIndentedJson() => new JavaScriptSerializer { MaxJsonLength = int.MaxValue }.Serialize(value);

    private string RawString() => (string)value!;

    private bool RawBoolean() => (bool)value!;

    private double RawDouble() => Convert.ToDouble(value, CultureInfo.InvariantCulture);

    private bool TryRawInt64(out long number)
    {
        double wide = RawDouble();
        bool isWhole = wide >= long.MinValue && wide < long.MaxValue && Math.Floor(wide) == wide;
        number = isWhole ? Convert.ToInt64(value, CultureInfo.InvariantCulture) : 0;
        return isWhole;
    }
}
#endif
