using System.Management.Automation.Runspaces;

namespace TpmTbs.PowerShellHost.Host;

/// <summary>What a session starts with: the engine's own commands and the ones in Cmdlets/.</summary>
internal static class SessionDefaults
{
    public static InitialSessionState Create()
    {
        // CreateDefault would also want pwsh's own console assembly, which the engine package lacks.
        var state = InitialSessionState.CreateDefault2();
        state.Commands.Add(HostCmdlets.Entries());
        return state;
    }
}
