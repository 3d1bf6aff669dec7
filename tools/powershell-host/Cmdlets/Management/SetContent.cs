using System.Management.Automation;
using System.Text;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsCommon.Set, "Content", SupportsShouldProcess = true, DefaultParameterSetName = "Path")]
public class SetContentCommand : PSCmdlet
{
    private readonly List<object?> values = [];

    [Parameter(Position = 0, Mandatory = true, ParameterSetName = "Path", ValueFromPipelineByPropertyName = true)]
    public string[] Path { get; set; } = [];

    [Parameter(Mandatory = true, ParameterSetName = "LiteralPath", ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "LP")]
    public string[] LiteralPath { get; set; } = [];

    [Parameter(Position = 1, Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [AllowNull]
    [AllowEmptyCollection]
    public object?[]? Value { get; set; }

    [Parameter]
    [TextEncoding]
    public Encoding Encoding { get; set; } = TextEncodingAttribute.Default;

    [Parameter]
    public SwitchParameter AsByteStream { get; set; }

    [Parameter]
    public SwitchParameter NoNewline { get; set; }

    [Parameter]
    public SwitchParameter Force { get; set; }

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private protected virtual FileMode Mode => FileMode.Create;

    protected override void ProcessRecord() => values.AddRange(Value ?? []);

    protected override void EndProcessing()
    {
        foreach (var path in ParameterSetName == "LiteralPath" ? LiteralPath : Path)
        {
            if (ShouldProcess(path, Mode == FileMode.Create ? "Set content" : "Add content"))
            {
                WriteTo(path);
            }
        }

        if (PassThru)
        {
            WriteObject(values, enumerateCollection: true);
        }
    }

    private void WriteTo(string path)
    {
        try
        {
            var resolved = SessionState.Path.GetUnresolvedProviderPathFromPSPath(path, out var provider, out _);
            if (provider.Name == "FileSystem")
            {
                WriteFile(resolved);
                return;
            }

            foreach (var writer in InvokeProvider.Content.GetWriter([path], Force, literalPath: ParameterSetName == "LiteralPath"))
            {
                writer.Write(values);
                writer.Close();
            }
        }
        catch (RuntimeException error) when (error is not (PipelineStoppedException or ActionPreferenceStopException))
        {
            WriteError(new ErrorRecord(error.ErrorRecord, error));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            WriteError(new ErrorRecord(error, "GetContentWriter" + error.GetType().Name, ErrorCategory.WriteError, path));
        }
    }

    private void WriteFile(string file)
    {
        using var stream = new FileStream(file, Mode, FileAccess.Write, FileShare.Read);
        if (AsByteStream)
        {
            foreach (var value in values)
            {
                stream.Write(LanguagePrimitives.ConvertTo<byte[]>(value));
            }

            return;
        }

        using var writer = new StreamWriter(stream, Encoding);
        foreach (var value in values)
        {
            writer.Write(LanguagePrimitives.ConvertTo<string>(value));
            if (!NoNewline)
            {
                writer.Write(Environment.NewLine);
            }
        }
    }
}
