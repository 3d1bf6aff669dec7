using System.Collections;
using System.Collections.Generic;
using System.Collections.ObjectModel;
using System.Globalization;
using System.Management.Automation;
using TpmTbs.Client;

namespace TpmTbs;

/// <summary>Command codes of a policy setting. Their text, <c>0x126, 0x17B</c>, is valid input for Set-TbsPolicy.</summary>
public sealed class CommandCodes : ReadOnlyCollection<long>
{
    internal CommandCodes(IList<long> codes) : base(codes)
    {
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        if (Count == 0) return "none";
        List<string> shown = new();
        foreach (long code in this) shown.Add("0x" + code.ToString("X", CultureInfo.InvariantCulture));
        return string.Join(", ", shown);
    }
}

/// <summary>A list of command codes for each caller class. Text form: <c>StandardUser: 0x126; SandboxedApp: 0x17B</c>.</summary>
public sealed class CommandCodesByClass
{
    /// <summary>The list for administrators.</summary>
    public CommandCodes? Administrator { get; private set; }

    /// <summary>The list for standard users.</summary>
    public CommandCodes? StandardUser { get; private set; }

    /// <summary>The list for sandboxed apps.</summary>
    public CommandCodes? SandboxedApp { get; private set; }

    /// <inheritdoc/>
    public override string ToString()
    {
        List<string> shown = new();
        foreach (KeyValuePair<string, CommandCodes> one in Lists())
        {
            if (one.Value.Count > 0) shown.Add($"{one.Key}: {one.Value}");
        }
        return shown.Count == 0 ? "none" : string.Join("; ", shown);
    }

    /// <summary>Returns the lists that are set, by class name.</summary>
    internal IEnumerable<KeyValuePair<string, CommandCodes>> Lists()
    {
        if (Administrator is not null) yield return new(nameof(Administrator), Administrator);
        if (StandardUser is not null) yield return new(nameof(StandardUser), StandardUser);
        if (SandboxedApp is not null) yield return new(nameof(SandboxedApp), SandboxedApp);
    }

    internal static CommandCodesByClass Read(JsonValue json) => new()
    {
        Administrator = PolicyValue.CodesOrNull(json["administrator"]),
        StandardUser = PolicyValue.CodesOrNull(json["standardUser"]),
        SandboxedApp = PolicyValue.CodesOrNull(json["sandboxedApp"]),
    };
}

/// <summary>The value of a policy setting: true or false, a number, command codes, or command codes by class.</summary>
internal static class PolicyValue
{
    internal static object? Read(JsonValue json)
    {
        if (json.IsArray) return CodesOrNull(json);
        return json.IsObject ? CommandCodesByClass.Read(json) : json.ToPowerShell();
    }

    internal static CommandCodes? CodesOrNull(JsonValue json)
    {
        if (json.IsNull) return null;
        List<long> codes = new();
        foreach (JsonValue one in json.Elements()) codes.Add(one.AsInt64());
        return new CommandCodes(codes);
    }

    /// <summary>Formats a value for a prompt or a table.</summary>
    internal static string Shown(object? value) => value switch
    {
        null => "(not set)",
        _ => System.Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };

    /// <summary>
    /// Converts user input to a value for the broker. The broker knows the kind of each setting, ignores the case of names and
    /// parses text such as "120", "1KB", "Full" and "0x126, TPM2_Clear", so this method only unwraps PowerShell's own types.
    /// </summary>
    internal static object? ToSend(object? value)
    {
        object? plain = value is PSObject { BaseObject: not PSCustomObject } wrapped ? wrapped.BaseObject : value;
        // A level of owner authorization. Its number in the enumeration is not the level's.
        if (plain is System.Enum name) return name.ToString();
        if (plain is not CommandCodesByClass byClass) return plain;
        Hashtable lists = new();
        foreach (KeyValuePair<string, CommandCodes> one in byClass.Lists()) lists[one.Key] = one.Value;
        return lists;
    }
}
