using System;
using System.Collections.Generic;
using System.Globalization;

namespace TpmTbs.Client;

/// <summary>Reads the members of results. A member of the wrong type throws a <see cref="ProtocolException"/>.</summary>
internal sealed partial class JsonValue
{
    /// <summary>Returns the text of a required member.</summary>
    internal string Text(string name) => this[name].AsText();

    /// <summary>Returns the text of a member, or null if it is null or absent.</summary>
    internal string? TextOrNull(string name) => this[name] is { IsNull: false } member ? member.AsText() : null;

    internal bool Flag(string name) => this[name] is { IsNull: false } member && member.AsFlag();

    internal int Int32(string name) => checked((int)Int64(name));

    internal int? Int32OrNull(string name) => this[name].IsNull ? null : Int32(name);

    internal uint UInt32(string name) => checked((uint)Int64(name));

    internal uint? UInt32OrNull(string name) => this[name].IsNull ? null : UInt32(name);

    internal long Int64(string name) => this[name].AsInt64();

    internal long? Int64OrNull(string name) => this[name] is { IsNull: false } member ? member.AsInt64() : null;

    internal double Number(string name) => this[name].AsDouble();

    internal byte[] Bytes(string name) => this[name].AsBytes();

    /// <summary>Returns a duration, which the protocol gives in milliseconds.</summary>
    internal TimeSpan Milliseconds(string name) => TimeSpan.FromTicks((long)(Number(name) * TimeSpan.TicksPerMillisecond));

    /// <summary>Returns a time in the machine's time zone. The protocol uses UTC.</summary>
    internal DateTimeOffset Time(string name) => this[name].AsTime();

    internal DateTimeOffset? TimeOrNull(string name) => this[name] is { IsNull: false } member ? member.AsTime() : null;

    /// <summary>Returns an enumeration member by name; <paramref name="unknown"/> for the name of a later broker.</summary>
    internal T Named<T>(string name, T unknown) where T : struct, Enum =>
        this[name] is { IsNull: false } member ? member.AsNamed(unknown) : unknown;

    internal T? NamedOrNull<T>(string name, T unknown) where T : struct, Enum => this[name].IsNull ? null : Named(name, unknown);

    internal T AsNamed<T>(T unknown) where T : struct, Enum
    {
        string member = Capitalized(AsText());
        return Enum.IsDefined(typeof(T), member) ? Member<T>(member) : unknown;
    }

    private static T Member<T>(string name) where T : struct, Enum =>
#if NET
        Enum.Parse<T>(name);
#else
        (T)Enum.Parse(typeof(T), name);
#endif

    /// <summary>Returns the elements of a list; empty if it is null or absent.</summary>
    internal T[] List<T>(string name, Func<JsonValue, T> read)
    {
        JsonValue list = this[name];
        if (list.IsNull) return Array.Empty<T>();
        List<T> elements = new();
        foreach (JsonValue one in list.Elements()) elements.Add(read(one));
        return elements.ToArray();
    }

    internal string[] Texts(string name) => List(name, static one => one.AsText());

    /// <summary>Returns an object that has its own class, or null if it is null or absent.</summary>
    internal T? ObjectOrNull<T>(string name, Func<JsonValue, T> read) where T : class =>
        this[name] is { IsNull: false } member ? read(member) : null;

    internal byte[] AsBytes()
    {
        try
        {
            return Convert.FromBase64String(AsText());
        }
        catch (FormatException)
        {
            throw WrongKind("base64");
        }
    }

    internal DateTimeOffset AsTime() =>
        DateTimeOffset.TryParse(AsText(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time)
            ? time.ToLocalTime()
            : throw WrongKind("a time");

    /// <summary>
    /// Converts a value of unknown shape, such as the details of an error, for PowerShell: <see cref="Values"/> with capitalized
    /// names, a list, a string, a number (Int64 or Double), a Boolean, or null.
    /// </summary>
    internal object? ToPowerShell()
    {
        if (!IsArray && !IsObject) return value;
        if (IsArray)
        {
            List<object?> elements = new();
            foreach (JsonValue one in Elements()) elements.Add(one.ToPowerShell());
            return new ResultList<object?>(elements.ToArray());
        }
        Values members = new();
        foreach (KeyValuePair<string, JsonValue> one in Members()) members.Add(Capitalized(one.Key), one.Value.ToPowerShell());
        return members.ToPowerShell();
    }

    internal static string Capitalized(string name) =>
        name.Length == 0 ? name : char.ToUpperInvariant(name[0]) + name.Substring(1);

    private static ProtocolException WrongKind(string expected) =>
        new($"The broker's answer has something else where {expected} belongs: it may be of another version.");
}
