using System.Collections.ObjectModel;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Reflection;

namespace TpmTbs.PowerShellHost.Host;

/// <summary>
/// What the engine gives to its own console host only. Each member says what breaks without it;
/// the package version is pinned in the project file, so a change here shows up at build time of a new one.
/// </summary>
internal static class EngineInternals
{
    private const BindingFlags Hidden = BindingFlags.Instance | BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public;

    private static readonly Assembly Engine = typeof(PSCmdlet).Assembly;

    private static readonly MethodInfo SetSnapIn = typeof(InitialSessionStateEntry).GetMethod("SetPSSnapIn", Hidden)!;

    /// <summary>The version that $PSVersionTable.PSVersion shows.</summary>
    public static string EngineVersion =>
        Engine.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split(' ', '+')[0]
        ?? Engine.GetName().Version?.ToString(3)
        ?? "";

    /// <summary>Makes `exit` in the script of -File end the process: otherwise it would only end the script.</summary>
    public static void LetScriptExitEndTheHost(Runspace runspace)
    {
        var context = runspace.GetType().GetProperty("ExecutionContext", Hidden)?.GetValue(runspace);
        context?.GetType().GetProperty("ScriptCommandProcessorShouldRethrowExit", Hidden)?.SetValue(context, true);
    }

    /// <summary>Makes a record show as an error in Out-Default, where it would otherwise be listed as an object.</summary>
    public static void MarkAsErrorOutput(PSObject record)
    {
        var stream = record.GetType().GetProperty("WriteStream", Hidden);
        if (stream is not null)
        {
            stream.SetValue(record, Enum.Parse(stream.PropertyType, "Error"));
        }
    }

    /// <summary>Makes an error the caller's own, as if it had written the record itself.</summary>
    public static void AttributeTo(ErrorRecord record, InvocationInfo caller)
    {
        typeof(ErrorRecord).GetMethod("SetInvocationInfo", Hidden, [typeof(InvocationInfo)])?.Invoke(record, [caller]);
        SetMember(record, "PreserveInvocationInfoOnce", true);
    }

    /// <summary>Ends the upstream half of a pipeline quietly, as `Select-Object -First` does.</summary>
    public static Exception StopUpstream(Cmdlet requester) =>
        (Exception)Create("System.Management.Automation.StopUpstreamCommandsException", requester);

    /// <summary>A validation that fails so that the binder goes on to look for another parameter for the argument.</summary>
    public static Exception NotThisParameter(string message) =>
        (Exception)Create("System.Management.Automation.ValidationMetadataException", message, true);

    /// <summary>An instance of one of the engine's own formatting types.</summary>
    public static object Create(string typeName, params object[] arguments)
    {
        var type = Engine.GetType(typeName, throwOnError: true)!;
        return Activator.CreateInstance(type, Hidden & ~BindingFlags.Static, binder: null, arguments, culture: null)!;
    }

    public static object EnumValue(string typeName, string value) => Enum.Parse(Engine.GetType(typeName, throwOnError: true)!, value);

    public static object? GetMember(object target, string name)
    {
        for (var type = target.GetType(); type is not null; type = type.BaseType)
        {
            if (type.GetField(name, Hidden | BindingFlags.DeclaredOnly) is { } field)
            {
                return field.GetValue(target);
            }

            if (type.GetProperty(name, Hidden | BindingFlags.DeclaredOnly) is { } property)
            {
                return property.GetValue(target);
            }
        }

        throw new MissingMemberException(target.GetType().FullName, name);
    }

    public static void Call(object target, string name, params object[] arguments)
    {
        try
        {
            target.GetType().GetMethod(name, Hidden)!.Invoke(target, arguments);
        }
        catch (TargetInvocationException error) when (error.InnerException is RuntimeException inner)
        {
            throw inner;
        }
    }

    /// <summary>
    /// Makes cmdlets belong to a module by name, so that `Microsoft.PowerShell.Utility\Write-Host` and
    /// Get-Command -Module find them. The engine's own core cmdlets are named in the same way.
    /// </summary>
    public static object ModuleName(string name) =>
        Create(
            "System.Management.Automation.PSSnapInInfo",
            name,
            true,
            AppContext.BaseDirectory,
            typeof(EngineInternals).Assembly.FullName!,
            typeof(EngineInternals).Assembly.Location,
            new Version(7, 0),
            new Version(7, 0, 0, 0),
            new Collection<string>(),
            new Collection<string>(),
            "",
            "");

    public static void AssignTo(SessionStateCmdletEntry entry, object moduleName) =>
        SetSnapIn.Invoke(entry, [moduleName]);

    public static void SetMember(object target, string name, object value)
    {
        for (var type = target.GetType(); type is not null; type = type.BaseType)
        {
            if (type.GetField(name, Hidden | BindingFlags.DeclaredOnly) is { } field)
            {
                field.SetValue(target, value);
                return;
            }

            if (type.GetProperty(name, Hidden | BindingFlags.DeclaredOnly) is { } property)
            {
                property.SetValue(target, value);
                return;
            }
        }

        throw new MissingMemberException(target.GetType().FullName, name);
    }
}
