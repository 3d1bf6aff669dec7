using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsDiagnostic.Resolve, "Path", DefaultParameterSetName = "Path")]
public sealed class ResolvePathCommand : ItemPathCommand
{
    [Parameter]
    public SwitchParameter Relative { get; set; }

    private protected override void ProcessPath(string path)
    {
        var wanted = IsLiteral ? WildcardPattern.Escape(path) : path;
        foreach (var found in SessionState.Path.GetResolvedPSPathFromPSPath(wanted))
        {
            WriteObject(Relative ? RelativePath(found) : found);
        }
    }

    private string RelativePath(PathInfo found)
    {
        var relative = System.IO.Path.GetRelativePath(SessionState.Path.CurrentFileSystemLocation.ProviderPath, found.ProviderPath);
        return relative.StartsWith("..", StringComparison.Ordinal) || relative == "." ? relative : System.IO.Path.Combine(".", relative);
    }
}
