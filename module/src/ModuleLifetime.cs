using System.Management.Automation;
using System.Threading;
using TpmTbs.Client;

namespace TpmTbs;

/// <summary>
/// Closes the process's connection, and its contexts with it, when the last session that imported the module removes it.
/// </summary>
public sealed class ModuleLifetime : IModuleAssemblyInitializer, IModuleAssemblyCleanup
{
    private static int imports;

    /// <inheritdoc/>
    public void OnImport() => Interlocked.Increment(ref imports);

    /// <inheritdoc/>
    public void OnRemove(PSModuleInfo psModuleInfo)
    {
        if (Interlocked.Decrement(ref imports) == 0) BrokerClient.Close();
    }
}
