using System.Management.Automation;
using System.Diagnostics;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsCommon.Get, "Process", DefaultParameterSetName = "Name")]
[OutputType(typeof(Process))]
public sealed class GetProcessCommand : PSCmdlet
{
    [Parameter(Position = 0, ParameterSetName = "Name", ValueFromPipelineByPropertyName = true)]
    [Alias("ProcessName")]
    public string[] Name { get; set; } = ["*"];

    [Parameter(Mandatory = true, ParameterSetName = "Id", ValueFromPipelineByPropertyName = true)]
    [Alias("PID")]
    public int[] Id { get; set; } = [];

    protected override void ProcessRecord()
    {
        if (ParameterSetName == "Id")
        {
            WriteById();
        }
        else
        {
            WriteByName();
        }
    }

    private void WriteById()
    {
        foreach (var id in Id)
        {
            try
            {
                WriteObject(Process.GetProcessById(id));
            }
            catch (ArgumentException)
            {
                WriteError(NotFound($"Cannot find a process with the process identifier {id}.", "NoProcessFoundForGivenId", id));
            }
        }
    }

    private void WriteByName()
    {
        var all = Process.GetProcesses().OrderBy(process => process.ProcessName, StringComparer.OrdinalIgnoreCase).ThenBy(process => process.Id).ToList();
        foreach (var name in Name)
        {
            var pattern = new WildcardPattern(name, WildcardOptions.IgnoreCase);
            var found = all.Where(process => pattern.IsMatch(process.ProcessName)).ToList();
            WriteObject(found, enumerateCollection: true);
            if (found.Count == 0 && !WildcardPattern.ContainsWildcardCharacters(name))
            {
                WriteError(NotFound($"Cannot find a process with the name \"{name}\".", "NoProcessFoundForGivenName", name));
            }
        }
    }

    private static ErrorRecord NotFound(string message, string id, object target) =>
        new(new ProcessCommandException(message), id, ErrorCategory.ObjectNotFound, target);
}
