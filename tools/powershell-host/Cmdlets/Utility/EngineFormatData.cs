using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using TpmTbs.PowerShellHost.Host;

namespace Microsoft.PowerShell.Commands;

/// <summary>The views that the engine has loaded, which it shows to its own cmdlets only.</summary>
internal static class EngineFormatData
{
    /// <summary>A view: the types that it is for, and how to get its definition.</summary>
    internal sealed record View(IReadOnlyList<string> TypeNames, Func<FormatViewDefinition> Definition);

    public static IEnumerable<View> Views(Runspace runspace)
    {
        var database = Member(Member(Context(runspace), "FormatDBManager")!, "Database")!;
        var groups = ((IEnumerable)Member(Member(database, "typeGroupSection")!, "typeGroupDefinitionList")!)
            .Cast<object>()
            .ToLookup(group => (string)Member(group, "name")!, StringComparer.OrdinalIgnoreCase);
        var definitions = ((IEnumerable)Member(Member(database, "viewDefinitionsSection")!, "viewDefinitionList")!).Cast<object>().ToList();
        foreach (var definition in definitions.Where(definition => Member(definition, "isHelpFormatter") is false))
        {
            var names = References(Member(definition, "appliesTo")!).SelectMany(reference => NamesOf(reference, groups)).ToList();
            yield return new View(names, () => Describe(definition));
        }
    }

    public static void Update(Runspace runspace, List<SessionStateFormatEntry> first, List<SessionStateFormatEntry> last)
    {
        var context = Context(runspace);
        var state = (InitialSessionState)Member(context, "InitialSessionState")!;
        var kept = state.Formats.ToList();
        state.Formats.Clear();
        state.Formats.Add(first.Concat(kept).Concat(last));
        EngineInternals.Call(state, "UpdateFormats", context, true);
    }

    private static object Context(Runspace runspace) => Member(runspace, "ExecutionContext")!;

    private static object? Member(object target, string name) => EngineInternals.GetMember(target, name);

    private static IEnumerable<object> References(object appliesTo) => ((IEnumerable)Member(appliesTo, "referenceList")!).Cast<object>();

    /// <summary>A view names a type or a selection set, which is a list of types.</summary>
    private static IEnumerable<string> NamesOf(object reference, ILookup<string, object> groups)
    {
        var name = (string)Member(reference, "name")!;
        return reference.GetType().Name == "TypeGroupReference"
            ? groups[name].SelectMany(group => ((IEnumerable)Member(group, "typeReferenceList")!).Cast<object>()).Select(type => (string)Member(type, "name")!)
            : [name];
    }

    private static FormatViewDefinition Describe(object definition)
    {
        var body = Member(definition, "mainControl")!;
        var control = body.GetType().Name switch
        {
            "TableControlBody" => "TableControl",
            "ListControlBody" => "ListControl",
            "WideControlBody" => "WideControl",
            _ => "CustomControl",
        };
        var instance = (PSControl)EngineInternals.Create("System.Management.Automation." + control, body, definition);
        return new FormatViewDefinition((string)Member(definition, "name")!, instance);
    }
}
