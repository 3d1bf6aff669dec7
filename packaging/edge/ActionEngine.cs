using System;
using System.Collections.Generic;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Threading.Tasks;

namespace TpmTbs.Actions;

/// <summary>Keeps a PowerShell runspace, and calls one function in it for the Node.js process that hosts .NET.</summary>
/// <remarks>
/// Every method answers with the properties `value` and `problem`. No task ever fails or is cancelled: edge-js would pass
/// on each property of the exception, among them the result of the task itself, and wait for it forever.
/// </remarks>
public sealed class ActionEngine
{
    private static Runspace? runspace;

    /// <summary>Opens the runspace, and runs the script that defines the function.</summary>
    public Task<object?> Open(object input) => Answer(() =>
    {
        runspace = RunspaceFactory.CreateRunspace(InitialSessionState.CreateDefault2());
        runspace.Open();
        using PowerShell shell = PowerShell.Create(runspace);
        shell.AddScript((string)input).Invoke();
        return "";
    });

    /// <summary>Calls the function with its argument, and returns the text that it returns.</summary>
    public Task<object?> Run(object input) => Answer(() =>
    {
        using PowerShell shell = PowerShell.Create(runspace);
        return string.Concat(shell.AddCommand("Invoke-EventAction").AddArgument((string)input).Invoke());
    });

    private static Task<object?> Answer(Func<string> work)
    {
        // The type is named, since a lambda that returns null could be taken for one that returns no task.
        Func<object?> answer = () =>
        {
            try
            {
                return new Dictionary<string, object?> { ["value"] = work(), ["problem"] = null };
            }
            catch (Exception error)
            {
                return new Dictionary<string, object?> { ["value"] = null, ["problem"] = error.Message };
            }
        };
        return Task.Run(answer);
    }
}
