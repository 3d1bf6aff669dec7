using System.Management.Automation;
using System.Diagnostics;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsLifecycle.Start, "Process")]
[OutputType(typeof(Process))]
public sealed class StartProcessCommand : PSCmdlet
{
    [Parameter(Position = 0, Mandatory = true)]
    [Alias("PSPath", "Path")]
    public string FilePath { get; set; } = "";

    [Parameter(Position = 1)]
    [Alias("Args")]
    public string[] ArgumentList { get; set; } = [];

    [Parameter]
    public string? WorkingDirectory { get; set; }

    [Parameter]
    [Alias("RSI")]
    public string? RedirectStandardInput { get; set; }

    [Parameter]
    [Alias("RSO")]
    public string? RedirectStandardOutput { get; set; }

    [Parameter]
    [Alias("RSE")]
    public string? RedirectStandardError { get; set; }

    [Parameter]
    public System.Collections.Hashtable? Environment { get; set; }

    /// <summary>Accepted and without effect: there are no windows here.</summary>
    [Parameter]
    [Alias("nnw")]
    public SwitchParameter NoNewWindow { get; set; }

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    [Parameter]
    public SwitchParameter Wait { get; set; }

    protected override void BeginProcessing()
    {
        var program = SessionState.InvokeCommand.GetCommand(FilePath, CommandTypes.Application) is ApplicationInfo found ? found.Path : FilePath;
        var start = new ProcessStartInfo(program)
        {
            UseShellExecute = false,
            // As in pwsh: the arguments are joined with blanks and taken apart again by the usual quoting.
            Arguments = string.Join(' ', ArgumentList),
            WorkingDirectory = GetUnresolvedProviderPathFromPSPath(WorkingDirectory ?? "."),
            RedirectStandardInput = RedirectStandardInput is not null,
            RedirectStandardOutput = RedirectStandardOutput is not null,
            RedirectStandardError = RedirectStandardError is not null,
        };
        foreach (System.Collections.DictionaryEntry entry in Environment ?? [])
        {
            start.Environment[LanguagePrimitives.ConvertTo<string>(entry.Key)] = LanguagePrimitives.ConvertTo<string>(entry.Value);
        }

        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (Exception error) when (error is System.ComponentModel.Win32Exception or InvalidOperationException)
        {
            ThrowTerminatingError(new ErrorRecord(
                new InvalidOperationException($"This command cannot be run due to the error: {error.Message}", error),
                "InvalidOperationException",
                ErrorCategory.InvalidOperation,
                FilePath));
            return;
        }

        var copies = Redirect(process);
        if (PassThru)
        {
            WriteObject(process);
        }

        if (Wait)
        {
            process.WaitForExit();
            Task.WaitAll(copies);
        }
    }

    private Task[] Redirect(Process process)
    {
        var copies = new List<Task>();
        if (RedirectStandardInput is not null)
        {
            using var source = File.OpenRead(GetUnresolvedProviderPathFromPSPath(RedirectStandardInput));
            source.CopyTo(process.StandardInput.BaseStream);
            process.StandardInput.Close();
        }

        if (RedirectStandardOutput is not null)
        {
            copies.Add(CopyToFile(process.StandardOutput.BaseStream, RedirectStandardOutput));
        }

        if (RedirectStandardError is not null)
        {
            copies.Add(CopyToFile(process.StandardError.BaseStream, RedirectStandardError));
        }

        return [.. copies];
    }

    private async Task CopyToFile(Stream source, string path)
    {
        var target = new FileStream(GetUnresolvedProviderPathFromPSPath(path), FileMode.Create, FileAccess.Write, FileShare.ReadWrite);
        await using (target.ConfigureAwait(false))
        {
            await source.CopyToAsync(target).ConfigureAwait(false);
        }
    }
}
