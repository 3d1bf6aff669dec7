using System.Management.Automation;
using System.Reflection;

namespace Microsoft.PowerShell.Commands;

/// <summary>
/// Variables by scope number (0 is the caller's own scope, 1 its parent), which the engine keeps to its own cmdlets.
/// </summary>
internal static class EngineScopes
{
    private const BindingFlags Hidden = BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public;

    public static PSVariable? Get(SessionState session, string name, string scope) =>
        (PSVariable?)Invoke(session, "GetVariableAtScope", [name, scope], [typeof(string), typeof(string)]);

    public static void Set(SessionState session, PSVariable variable, string scope, bool force) =>
        Invoke(
            session,
            "SetVariableAtScope",
            [variable, scope, force, CommandOrigin.Internal],
            [typeof(PSVariable), typeof(string), typeof(bool), typeof(CommandOrigin)]);

    public static void Remove(SessionState session, string name, string scope, bool force) =>
        Invoke(session, "RemoveVariableAtScope", [name, scope, force], [typeof(string), typeof(string), typeof(bool)]);

    private static object? Invoke(SessionState session, string method, object[] arguments, Type[] types)
    {
        var state = session.GetType().GetProperty("Internal", Hidden)!.GetValue(session)!;
        try
        {
            return state.GetType().GetMethod(method, Hidden, types)!.Invoke(state, arguments);
        }
        catch (TargetInvocationException error) when (error.InnerException is RuntimeException inner)
        {
            throw inner;
        }
    }
}
