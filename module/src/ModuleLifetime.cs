using System.Management.Automation;
using System.Threading;
using TpmTbs.Client;

namespace TpmTbs;

/// <summary>
/// Declares what the module's results need in a session, and closes the process's connection, and its contexts with it, when
/// the last session that imported the module removes it.
/// </summary>
public sealed class ModuleLifetime : IModuleAssemblyInitializer, IModuleAssemblyCleanup
{
    private static int imports;

    /// <inheritdoc/>
    public void OnImport()
    {
        Interlocked.Increment(ref imports);
        CopiesOfResults.Declare();
    }

    /// <inheritdoc/>
    public void OnRemove(PSModuleInfo psModuleInfo)
    {
        if (Interlocked.Decrement(ref imports) == 0) BrokerClient.Close();
    }
}
