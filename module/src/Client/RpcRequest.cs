using System;
using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.Management.Automation;
using System.Text;
#if NETFRAMEWORK
using System.Web.Script.Serialization;
#endif

namespace TpmTbs.Client;

/// <summary>Serializes a request: header and JSON.</summary>
internal static class RpcRequest
{
#if NET
    /// <summary>More than any parameter needs; stops a value that contains itself.</summary>
    private const int MaxDepth = 64;

    internal static byte[] Write(int id, string method, RpcParameters? parameters)
    {
        StringBuilder json = new(256);
        json.Append("{\"jsonrpc\":\"2.0\",\"id\":").Append(id.ToString(CultureInfo.InvariantCulture)).Append(",\"method\":");
        WriteText(json, method);
        if (parameters is not null)
        {
            json.Append(",\"params\":");
            WriteMembers(json, parameters, 0, omitsNull: true);
        }
        byte[] body = Encoding.UTF8.GetBytes(json.Append('}').ToString());
        return WithHeader(body);
    }

    private static void WriteValue(StringBuilder json, object? value, int depth)
    {
        if (depth > MaxDepth) throw TbsErrors.BadParameter("The value is nested too deeply.", "Pass a simpler value.", null);
        switch (Plain(value))
        {
            case null: json.Append("null"); break;
            case string text: WriteText(json, text); break;
            case bool flag: json.Append(flag ? "true" : "false"); break;
            case long number: json.Append(number.ToString(CultureInfo.InvariantCulture)); break;
            case double number: WriteDouble(json, number); break;
            case IDictionary<string, object?> members: WriteMembers(json, members, depth, omitsNull: false); break;
            case IEnumerable elements: WriteElements(json, elements, depth); break;
        }
    }

    private static void WriteMembers(StringBuilder json, IDictionary<string, object?> members, int depth, bool omitsNull)
    {
        json.Append('{');
        bool isFirst = true;
        foreach (KeyValuePair<string, object?> one in members)
        {
            if (omitsNull && one.Value is null) continue;
            if (!isFirst) json.Append(',');
            isFirst = false;
            WriteText(json, one.Key);
            json.Append(':');
            WriteValue(json, one.Value, depth + 1);
        }
        json.Append('}');
    }

    private static void WriteElements(StringBuilder json, IEnumerable elements, int depth)
    {
        json.Append('[');
        bool isFirst = true;
        foreach (object? one in elements)
        {
            if (!isFirst) json.Append(',');
            isFirst = false;
            WriteValue(json, one, depth + 1);
        }
        json.Append(']');
    }

    /// <exception cref="TbsException">JSON has no such number.</exception>
    private static void WriteDouble(StringBuilder json, double number)
    {
        if (!double.IsFinite(number)) throw TbsErrors.BadParameter($"{number} is no number that can be sent.", "Pass another number.", number);
        json.Append(number.ToString("R", CultureInfo.InvariantCulture));
    }

    /// <summary>
    /// Writes a JSON string. Most texts of this protocol have nothing to escape; the others need the encoder of .NET, which a
    /// session loads and compiles at its first use.
    /// </summary>
    private static void WriteText(StringBuilder json, string text) =>
        json.Append('"').Append(HasNothingToEscape(text) ? text : Escaped(text)).Append('"');

    private static bool HasNothingToEscape(string text)
    {
        foreach (char letter in text)
        {
            if (letter is < ' ' or > '~' or '"' or '\\') return false;
        }
        return true;
    }

    private static string Escaped(string text) => System.Text.Encodings.Web.JavaScriptEncoder.Default.Encode(text);
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
        return WithHeader(body);
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

    private static byte[] WithHeader(byte[] body)
    {
        byte[] header = Encoding.ASCII.GetBytes("Content-Length: " + body.Length.ToString(CultureInfo.InvariantCulture) + "\r\n\r\n");
        byte[] message = new byte[header.Length + body.Length];
        Buffer.BlockCopy(header, 0, message, 0, header.Length);
        Buffer.BlockCopy(body, 0, message, header.Length, body.Length);
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
            case Values values:
                return values.ByName();
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
