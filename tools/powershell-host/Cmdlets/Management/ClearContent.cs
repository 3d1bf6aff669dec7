using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsCommon.Clear, "Content", SupportsShouldProcess = true, DefaultParameterSetName = "Path")]
public sealed class ClearContentCommand : ItemPathCommand
{
    private protected override void ProcessPath(string path)
    {
        if (ShouldProcess(path, "Clear content"))
        {
            InvokeProvider.Content.Clear([path], Force, IsLiteral);
        }
    }
}
