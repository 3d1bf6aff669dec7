#if NET
using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace TpmTbs.Client;

/// <summary>
/// Reads and writes JSON with System.Text.Json. Its JsonDocument would do the same, but uses generics over its own structs,
/// which every session has to compile anew.
/// </summary>
internal sealed partial class JsonValue
{
    /// <summary>Parses JSON in UTF-8.</summary>
    internal static JsonValue Parse(byte[] text)
    {
        if (!Utf8.IsValid(text)) throw new ProtocolException("The message is not UTF-8.");
        try
        {
            Utf8JsonReader reader = new(text);
            reader.Read();
            JsonValue value = Read(ref reader);
            // Reads to the end, where only spaces may be left.
            reader.Read();
            return value;
        }
        // GetString throws the second one for half of a surrogate pair.
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw new ProtocolException("The message is not JSON.", exception);
        }
    }

    /// <summary>Reads the value at the reader's current position. The reader itself limits the depth.</summary>
    private static JsonValue Read(ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.String:
                return new JsonValue(reader.GetString());
            case JsonTokenType.Number:
                return new JsonValue(reader.TryGetInt64(out long whole) ? whole : (object)reader.GetDouble());
            case JsonTokenType.True or JsonTokenType.False:
                return new JsonValue(reader.TokenType == JsonTokenType.True);
            case JsonTokenType.StartArray:
                List<JsonValue> elements = new();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray) elements.Add(Read(ref reader));
                return new JsonValue(elements);
            case JsonTokenType.StartObject:
                Dictionary<string, JsonValue> members = new();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
                {
                    string name = reader.GetString()!;
                    reader.Read();
                    members[name] = Read(ref reader);
                }
                return new JsonValue(members);
            default:
                return Null;
        }
    }

    /// <summary>Returns the value as indented JSON.</summary>
    internal string ToIndentedJson()
    {
        using MemoryStream text = new();
        using (Utf8JsonWriter writer = new(text, new JsonWriterOptions { Indented = true }))
        {
            Write(writer);
        }
        return Encoding.UTF8.GetString(text.ToArray());
    }

    private void Write(Utf8JsonWriter writer)
    {
        switch (value)
        {
            case null: writer.WriteNullValue(); break;
            case string text: writer.WriteStringValue(text); break;
            case bool flag: writer.WriteBooleanValue(flag); break;
            case long number: writer.WriteNumberValue(number); break;
            case double number: writer.WriteNumberValue(number); break;
            case List<JsonValue> elements:
                writer.WriteStartArray();
                foreach (JsonValue one in elements) one.Write(writer);
                writer.WriteEndArray();
                break;
            case Dictionary<string, JsonValue> members:
                writer.WriteStartObject();
                foreach (KeyValuePair<string, JsonValue> one in members)
                {
                    writer.WritePropertyName(one.Key);
                    one.Value.Write(writer);
                }
                writer.WriteEndObject();
                break;
        }
    }
}
#endif
