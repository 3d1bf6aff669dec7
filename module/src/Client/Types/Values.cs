using System.Collections.Generic;
using System.Management.Automation;

namespace TpmTbs;

/// <summary>
/// Values by name, of an object that has no class of its own, such as the details of an event. In PowerShell each value is a
/// property. As text it shows all of them, <c>Code: 294; Source: local</c>, whereas a PSCustomObject would leave out lists.
/// </summary>
public sealed class Values
{
    private readonly List<KeyValuePair<string, object?>> members = new();

    internal Values()
    {
    }

    internal void Add(string name, object? value) => members.Add(new(name, value));

    internal Dictionary<string, object?> ByName()
    {
        Dictionary<string, object?> named = new();
        foreach (KeyValuePair<string, object?> one in members) named[one.Key] = one.Value;
        return named;
    }

    internal PSObject ToPowerShell()
    {
        PSObject shown = new(this);
        foreach (KeyValuePair<string, object?> one in members) shown.Properties.Add(new PSNoteProperty(one.Key, one.Value));
        return shown;
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        List<string> shown = new();
        foreach (KeyValuePair<string, object?> one in members) shown.Add($"{one.Key}: {Inside(one.Value)}");
        return string.Join("; ", shown);
    }

    /// <summary>Objects are in parentheses, which show where they end.</summary>
    private static string Inside(object? value)
    {
        switch (value is PSObject wrapped ? wrapped.BaseObject : value)
        {
            case Values values:
                return $"({values})";
            case ResultList<object?> list:
                List<string> shown = new();
                foreach (object? one in list) shown.Add(Inside(one));
                return shown.Count == 0 ? "none" : string.Join(", ", shown);
            case var other:
                return PolicyValue.Shown(other);
        }
    }
}
