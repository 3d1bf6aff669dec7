using System;
using System.Collections.Generic;

namespace TpmTbs.Client;

/// <summary>
/// A value in a message of the broker. An absent member reads as null. This is a class because generic code over our own
/// structs would be compiled again in each session.
/// </summary>
internal sealed partial class JsonValue
{
    private static readonly JsonValue Null = new(null);

    /// <summary>Null, String, Boolean, Int64, Double, a list of JsonValue, or a dictionary of them.</summary>
    private readonly object? value;

    private JsonValue(object? value) => this.value = value;

    internal bool IsNull => value is null;

    internal bool IsObject => value is Dictionary<string, JsonValue>;

    internal bool IsArray => value is List<JsonValue>;

    internal bool IsNumber => value is long or double;

    internal bool IsString => value is string;

    internal bool IsBoolean => value is bool;

    internal JsonValue this[string name] => Members().TryGetValue(name, out JsonValue? member) ? member : Null;

    internal List<JsonValue> Elements() => value as List<JsonValue> ?? throw WrongKind("a list");

    internal Dictionary<string, JsonValue> Members() => value as Dictionary<string, JsonValue> ?? throw WrongKind("an object");

    internal string AsText() => value as string ?? throw WrongKind("text");

    internal bool AsFlag() => value is bool flag ? flag : throw WrongKind("true or false");

    internal double AsDouble() => value is long whole ? whole : value is double number ? number : throw WrongKind("a number");

    internal long AsInt64() => value is long number ? number : throw WrongKind("a whole number");
}
