using System.Management.Automation;
using System.Management.Automation.Language;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsData.Import, "PowerShellDataFile", DefaultParameterSetName = "ByPath")]
[OutputType(typeof(System.Collections.Hashtable))]
public sealed class ImportPowerShellDataFileCommand : PSCmdlet
{
    [Parameter(Position = 0, Mandatory = true, ParameterSetName = "ByPath")]
    public string[] Path { get; set; } = [];

    [Parameter(Mandatory = true, ParameterSetName = "ByLiteralPath", ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "LP")]
    public string[] LiteralPath { get; set; } = [];

    [Parameter]
    public SwitchParameter SkipLimitCheck { get; set; }

    protected override void ProcessRecord()
    {
        var files = ParameterSetName == "ByPath"
            ? Path.SelectMany(path => GetResolvedProviderPathFromPSPath(path, out _))
            : LiteralPath.Select(GetUnresolvedProviderPathFromPSPath);
        foreach (var file in files)
        {
            var script = Parser.ParseFile(file, out _, out var errors);
            var table = script.Find(node => node is HashtableAst, searchNestedScriptBlocks: false) as HashtableAst;
            if (errors.Length > 0 || table is null)
            {
                WriteError(new ErrorRecord(
                    new InvalidDataException($"The file '{file}' is not a PowerShell data file: {(errors.Length > 0 ? errors[0].Message : "it holds no table")}"),
                    "CouldNotParseAsPowerShellDataFile",
                    ErrorCategory.InvalidData,
                    file));
                continue;
            }

            // SafeGetValue takes constants only and refuses code.
            WriteObject(table.SafeGetValue());
        }
    }
}
