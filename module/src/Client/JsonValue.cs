#if NET
using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace TpmTbs.Client;

/// <summary>
/// A value in a message of the broker. An absent member reads as null. This is a class because generic code over our own
/// structs would be compiled again in each session.
/// </summary>
internal sealed partial class JsonValue
{
    private readonly JsonElement element;

    private JsonValue(JsonElement element) => this.element = element;

    /// <summary>Parses JSON in UTF-8.</summary>
    internal static JsonValue Parse(byte[] text)
    {
        if (!Utf8.IsValid(text)) throw new ProtocolException("The message is not UTF-8.");
        try
        {
            return new JsonValue(JsonDocument.Parse(text).RootElement);
        }
        catch (JsonException exception)
        {
            throw new ProtocolException("The message is not JSON.", exception);
        }
    }

    internal bool IsNull => element.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined;

    internal bool IsObject => element.ValueKind == JsonValueKind.Object;

    internal bool IsArray => element.ValueKind == JsonValueKind.Array;

    internal bool IsNumber => element.ValueKind == JsonValueKind.Number;

    internal bool IsString => element.ValueKind == JsonValueKind.String;

    internal bool IsBoolean => element.ValueKind is JsonValueKind.True or JsonValueKind.False;

    internal JsonValue this[string name]
    {
        get
        {
            if (!IsObject) throw WrongKind("an object");
            return element.TryGetProperty(name, out JsonElement member) ? new JsonValue(member) : new JsonValue(default);
        }
    }

    internal IEnumerable<JsonValue> Elements()
    {
        if (!IsArray) throw WrongKind("a list");
        foreach (JsonElement one in element.EnumerateArray()) yield return new JsonValue(one);
    }

    internal IEnumerable<KeyValuePair<string, JsonValue>> Members()
    {
        if (!IsObject) throw WrongKind("an object");
        foreach (JsonProperty one in element.EnumerateObject())
        {
            yield return new KeyValuePair<string, JsonValue>(one.Name, new JsonValue(one.Value));
        }
    }

    /// <summary>Returns the value as indented JSON.</summary>
    internal string ToIndentedJson()
    {
        using MemoryStream text = new();
        using (Utf8JsonWriter writer = new(text, new JsonWriterOptions { Indented = true }))
        {
            element.WriteTo(writer);
        }
        return Encoding.UTF8.GetString(text.ToArray());
    }

    private string RawString() => element.GetString()!;

    private bool RawBoolean() => element.ValueKind == JsonValueKind.True;

    private double RawDouble() => element.GetDouble();

    private bool TryRawInt64(out long number) => element.TryGetInt64(out number);
}
#endif
