using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Threading.Tasks;

namespace TpmTbs.Actions;

/// <summary>Keeps a PowerShell runspace, and calls one function in it for the Node.js process that hosts .NET.</summary>
public sealed class ActionEngine
{
    private static Runspace? runspace;

    /// <summary>Opens the runspace, and runs the script that defines the function.</summary>
    public Task<object?> Open(object input) => Task.Run<object?>(() =>
    {
        runspace = RunspaceFactory.CreateRunspace(InitialSessionState.CreateDefault2());
        runspace.Open();
        using PowerShell shell = PowerShell.Create(runspace);
        shell.AddScript((string)input).Invoke();
        return null;
    });

    /// <summary>Calls the function with its argument, and returns the text that it returns.</summary>
    public Task<object?> Run(object input) => Task.Run<object?>(() =>
    {
        using PowerShell shell = PowerShell.Create(runspace);
        return string.Concat(shell.AddCommand("Invoke-EventAction").AddArgument((string)input).Invoke());
    });
}
