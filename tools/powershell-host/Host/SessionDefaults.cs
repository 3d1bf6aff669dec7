using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Reflection;

namespace TpmTbs.PowerShellHost.Host;

/// <summary>What a session starts with: the engine's own commands and the ones in Cmdlets/.</summary>
internal static class SessionDefaults
{
    public static InitialSessionState Create()
    {
        // CreateDefault would also want pwsh's own console assembly, which the engine package lacks.
        var state = InitialSessionState.CreateDefault2();
        foreach (var type in typeof(SessionDefaults).Assembly.GetTypes())
        {
            if (type.IsSubclassOf(typeof(Cmdlet)) && type.GetCustomAttribute<CmdletAttribute>() is { } cmdlet)
            {
                state.Commands.Add(new SessionStateCmdletEntry($"{cmdlet.VerbName}-{cmdlet.NounName}", type, helpFileName: null));
            }
        }

        return state;
    }
}
