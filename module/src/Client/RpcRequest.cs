using System;
using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.Management.Automation;
using System.Text;
#if NET
using System.IO;
using System.Text.Json;
#else
using System.Web.Script.Serialization;
#endif

namespace TpmTbs.Client;

/// <summary>Serializes a request: header and JSON.</summary>
internal static class RpcRequest
{
#if NET
    internal static byte[] Write(int id, string method, RpcParameters? parameters)
    {
        using MemoryStream body = new();
        using (Utf8JsonWriter writer = new(body))
        {
            writer.WriteStartObject();
            writer.WriteString("jsonrpc", "2.0");
            writer.WriteNumber("id", id);
            writer.WriteString("method", method);
            if (parameters is not null)
            {
                writer.WriteStartObject("params");
                foreach (KeyValuePair<string, object?> one in parameters)
                {
                    if (one.Value is null) continue;
                    writer.WritePropertyName(one.Key);
                    WriteValue(writer, one.Value);
                }
                writer.WriteEndObject();
            }
            writer.WriteEndObject();
        }
        return WithHeader(body.GetBuffer(), (int)body.Length);
    }

    private static void WriteValue(Utf8JsonWriter writer, object? value)
    {
        switch (Plain(value))
        {
            case null: writer.WriteNullValue(); break;
            case string text: writer.WriteStringValue(text); break;
            case bool flag: writer.WriteBooleanValue(flag); break;
            case long number: writer.WriteNumberValue(number); break;
            case double number: writer.WriteNumberValue(number); break;
            case IDictionary<string, object?> members:
                writer.WriteStartObject();
                foreach (KeyValuePair<string, object?> one in members)
                {
                    writer.WritePropertyName(one.Key);
                    WriteValue(writer, one.Value);
                }
                writer.WriteEndObject();
                break;
            case IEnumerable elements:
                writer.WriteStartArray();
                foreach (object? one in elements) WriteValue(writer, one);
                writer.WriteEndArray();
                break;
        }
    }
#else
    internal static byte[] Write(int id, string method, RpcParameters? parameters)
    {
        Dictionary<string, object?> request = new() { ["jsonrpc"] = "2.0", ["id"] = id, ["method"] = method };
        if (parameters is not null)
        {
            Dictionary<string, object?> given = new();
            foreach (KeyValuePair<string, object?> one in parameters)
            {
                if (one.Value is not null) given[one.Key] = Deep(one.Value);
            }
            request["params"] = given;
        }
        byte[] body = Encoding.UTF8.GetBytes(new JavaScriptSerializer { MaxJsonLength = int.MaxValue }.Serialize(request));
        return WithHeader(body, body.Length);
    }

    private static object? Deep(object? value)
    {
        object? plain = Plain(value);
        if (plain is IDictionary<string, object?> members)
        {
            Dictionary<string, object?> copy = new();
            foreach (KeyValuePair<string, object?> one in members) copy[one.Key] = Deep(one.Value);
            return copy;
        }
        if (plain is null or string or bool or long or double) return plain;
        List<object?> elements = new();
        foreach (object? one in (IEnumerable)plain) elements.Add(Deep(one));
        return elements;
    }
#endif

    private static byte[] WithHeader(byte[] body, int length)
    {
        byte[] header = Encoding.ASCII.GetBytes("Content-Length: " + length.ToString(CultureInfo.InvariantCulture) + "\r\n\r\n");
        byte[] message = new byte[header.Length + length];
        Buffer.BlockCopy(header, 0, message, 0, header.Length);
        Buffer.BlockCopy(body, 0, message, header.Length, length);
        return message;
    }

    /// <summary>Reduces a value to a JSON type: null, string, Boolean, Int64, Double, a dictionary by name, or a list.</summary>
    private static object? Plain(object? value)
    {
        switch (value)
        {
            case null or string or bool or long or double or IDictionary<string, object?>:
                return value;
            case PSObject { BaseObject: not PSCustomObject } wrapped:
                return Plain(wrapped.BaseObject);
            case PSObject custom:
                Dictionary<string, object?> properties = new();
                foreach (PSPropertyInfo one in custom.Properties) properties[one.Name] = one.Value;
                return properties;
            case IDictionary dictionary:
                Dictionary<string, object?> members = new();
                foreach (DictionaryEntry one in dictionary)
                {
                    members[Convert.ToString(one.Key, CultureInfo.InvariantCulture) ?? ""] = one.Value;
                }
                return members;
            case DateTime time:
                return time.ToUniversalTime().ToString("o", CultureInfo.InvariantCulture);
            case DateTimeOffset time:
                return time.UtcDateTime.ToString("o", CultureInfo.InvariantCulture);
            case float or decimal:
                return Convert.ToDouble(value, CultureInfo.InvariantCulture);
            case ulong large:
                return large <= long.MaxValue ? (long)large : (double)large;
            case char letter:
                return letter.ToString();
            case IEnumerable:
                return value;
            case IConvertible:
                return Convert.ToInt64(value, CultureInfo.InvariantCulture);
            default:
                return value.ToString();
        }
    }
}
