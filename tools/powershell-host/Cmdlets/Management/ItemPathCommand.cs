using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

/// <summary>
/// A cmdlet that works on items of a provider, named by -Path (with wildcards) or -LiteralPath. Each path has its own
/// errors, so that one missing item does not keep the others from being worked on.
/// </summary>
public abstract class ItemPathCommand : PSCmdlet
{
    [Parameter(Position = 0, ParameterSetName = "Path", ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    public string[] Path { get; set; } = [];

    [Parameter(Mandatory = true, ParameterSetName = "LiteralPath", ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "LP")]
    public string[] LiteralPath { get; set; } = [];

    [Parameter]
    public virtual SwitchParameter Force { get; set; }

    private protected bool IsLiteral => ParameterSetName == "LiteralPath";

    private protected virtual string[] PathsWhenNoneGiven => [];

    protected override void ProcessRecord()
    {
        var paths = IsLiteral ? LiteralPath : Path;
        foreach (var path in paths.Length == 0 ? PathsWhenNoneGiven : paths)
        {
            Try(path, () => ProcessPath(path));
        }
    }

    private protected abstract void ProcessPath(string path);

    /// <summary>Runs the action; what the provider refuses becomes an error of this path.</summary>
    private protected void Try(string path, Action action)
    {
        try
        {
            action();
        }
        catch (RuntimeException error) when (error is not (PipelineStoppedException or ActionPreferenceStopException))
        {
            WriteError(new ErrorRecord(error.ErrorRecord, error));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            WriteError(new ErrorRecord(error, error.GetType().Name, ErrorCategory.WriteError, path));
        }
    }

    /// <summary>The provider paths that a path stands for; a path with a wildcard may stand for none.</summary>
    private protected IReadOnlyList<string> ResolvedPaths(string path, out ProviderInfo provider)
    {
        if (IsLiteral)
        {
            var single = SessionState.Path.GetUnresolvedProviderPathFromPSPath(path, out provider, out _);
            return [single];
        }

        return SessionState.Path.GetResolvedProviderPathFromPSPath(path, out provider);
    }

    /// <summary>The path itself where it may not exist yet.</summary>
    private protected string UnresolvedPath(string path) => SessionState.Path.GetUnresolvedProviderPathFromPSPath(path);

    private protected static bool IsFileSystem(ProviderInfo provider) => provider.Name == "FileSystem";
}
