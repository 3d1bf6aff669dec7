using System.Collections.Generic;
using System.Management.Automation;
using TpmTbs.Client;

namespace TpmTbs;

public sealed partial class Event
{
    /// <inheritdoc/>
    public override string ToString() => $"{Time:u} {Kind}: {Message}";

    private static object? ReadDetails(JsonValue json)
    {
        if (!json.IsObject) return json.ToPowerShell();
        Values details = new();
        foreach (KeyValuePair<string, JsonValue> one in json.Members())
        {
            bool isChange = one.Key == "settings" && one.Value.IsArray && one.Value.Elements().TrueForAll(static each => each.IsObject);
            details.Add(JsonValue.Capitalized(one.Key), isChange ? Changes(one.Value.Elements()) : one.Value.ToPowerShell());
        }
        return details.ToPowerShell();
    }

    /// <summary>
    /// Returns the changes of a policy. A setting with a list for each caller class becomes one change for each class whose list
    /// changed: the lists would otherwise be so deep inside that ConvertTo-Json -Depth 5 leaves them out.
    /// </summary>
    private static ResultList<object?> Changes(List<JsonValue> settings)
    {
        List<object?> changes = new();
        foreach (JsonValue one in settings)
        {
            (JsonValue before, JsonValue after) = (one["before"], one["after"]);
            if (!before.IsObject || !after.IsObject)
            {
                changes.Add(Change(one, null, PolicyValue.Read(before), PolicyValue.Read(after)));
                continue;
            }
            foreach (string callerClass in after.Members().Keys)
            {
                CommandCodes? old = PolicyValue.CodesOrNull(before[callerClass]);
                CommandCodes? current = PolicyValue.CodesOrNull(after[callerClass]);
                if (old?.ToString() != current?.ToString()) changes.Add(Change(one, callerClass, old, current));
            }
        }
        return new(changes.ToArray());
    }

    private static PSObject Change(JsonValue setting, string? callerClass, object? before, object? after)
    {
        Values change = new();
        change.Add("Name", setting.Text("name"));
        if (callerClass is not null) change.Add("Class", JsonValue.Capitalized(callerClass));
        change.Add("Before", before);
        change.Add("After", after);
        change.Add("Source", setting.TextOrNull("source"));
        return change.ToPowerShell();
    }
}
