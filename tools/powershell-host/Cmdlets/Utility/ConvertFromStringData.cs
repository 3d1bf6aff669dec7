using System.Management.Automation;
using System.Text.RegularExpressions;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsData.ConvertFrom, "StringData")]
[OutputType(typeof(System.Collections.Hashtable))]
public sealed class ConvertFromStringDataCommand : PSCmdlet
{
    [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true)]
    [AllowEmptyString]
    public string StringData { get; set; } = "";

    [Parameter(Position = 1)]
    public char Delimiter { get; set; } = '=';

    protected override void ProcessRecord()
    {
        var table = new System.Collections.Hashtable(StringComparer.OrdinalIgnoreCase);
        var lines = StringData.Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0 && line[0] != '#');
        foreach (var line in lines)
        {
            var parts = line.Split(Delimiter, 2);
            if (parts.Length < 2)
            {
                throw new PSInvalidOperationException($"The data line '{line}' is not in 'name{Delimiter}value' format.");
            }

            table.Add(parts[0].Trim(), Regex.Unescape(parts[1].Trim()));
        }

        WriteObject(table);
    }
}
