using System.Management.Automation;
using System.Text;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsCommon.Get, "Content", DefaultParameterSetName = "Path")]
public sealed class GetContentCommand : ItemPathCommand
{
    [Parameter]
    public SwitchParameter Raw { get; set; }

    [Parameter]
    public SwitchParameter AsByteStream { get; set; }

    [Parameter]
    [TextEncoding]
    public Encoding Encoding { get; set; } = TextEncodingAttribute.Default;

    [Parameter]
    [Alias("First", "Head")]
    public long TotalCount { get; set; } = -1;

    [Parameter]
    [Alias("Last")]
    public int Tail { get; set; } = -1;

    /// <summary>Lines are always written one by one.</summary>
    [Parameter]
    public long ReadCount { get; set; } = 1;

    private protected override void ProcessPath(string path)
    {
        foreach (var resolved in ResolvedPaths(path, out var provider))
        {
            if (IsFileSystem(provider))
            {
                Try(path, () => WriteFile(resolved));
            }
            else
            {
                WriteFromProvider(path);
            }
        }
    }

    private void WriteFile(string file)
    {
        if (!File.Exists(file))
        {
            throw Directory.Exists(file)
                ? new UnauthorizedAccessException($"Access to the path '{file}' is denied: it is a folder.")
                : new ItemNotFoundException($"Cannot find path '{file}' because it does not exist.");
        }

        if (AsByteStream)
        {
            var bytes = File.ReadAllBytes(file);
            WriteObject(bytes, enumerateCollection: !Raw);
        }
        else if (Raw)
        {
            WriteObject(File.ReadAllText(file, Encoding));
        }
        else
        {
            WriteLines(File.ReadLines(file, Encoding), file);
        }
    }

    private void WriteLines(IEnumerable<string> lines, string file)
    {
        if (Tail >= 0)
        {
            lines = lines.TakeLast(Tail);
        }
        else if (TotalCount >= 0)
        {
            lines = lines.Take((int)Math.Min(TotalCount, int.MaxValue));
        }

        var number = 0;
        foreach (var line in lines)
        {
            var item = new PSObject(line);
            item.Properties.Add(new PSNoteProperty("PSPath", $"Microsoft.PowerShell.Core\\FileSystem::{file}"));
            item.Properties.Add(new PSNoteProperty("ReadCount", (long)++number));
            WriteObject(item);
        }
    }

    private void WriteFromProvider(string path)
    {
        foreach (var reader in InvokeProvider.Content.GetReader([path], Force, IsLiteral))
        {
            using (reader)
            {
                for (var block = reader.Read(100); block.Count > 0; block = reader.Read(100))
                {
                    WriteObject(block, enumerateCollection: true);
                }
            }
        }
    }
}
