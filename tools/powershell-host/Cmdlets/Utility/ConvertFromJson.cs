using System.Management.Automation;
using System.Globalization;
using System.Numerics;
using System.Text.Json;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsData.ConvertFrom, "Json")]
public sealed class ConvertFromJsonCommand : PSCmdlet
{
    private readonly List<string> lines = [];

    [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true)]
    [AllowEmptyString]
    public string InputObject { get; set; } = "";

    [Parameter]
    public SwitchParameter AsHashtable { get; set; }

    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int Depth { get; set; } = 1024;

    [Parameter]
    public SwitchParameter NoEnumerate { get; set; }

    protected override void ProcessRecord() => lines.Add(InputObject);

    protected override void EndProcessing()
    {
        var text = string.Join('\n', lines);
        if (string.IsNullOrWhiteSpace(text))
        {
            return;
        }

        // Several documents may come down the pipeline, one a line; if the first line is whole, each of them is.
        if (lines.Count > 1 && TryParse(lines[0], out var first, out _))
        {
            using (first)
            {
                lines.ForEach(Convert);
            }
        }
        else
        {
            Convert(text);
        }
    }

    private void Convert(string text)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return;
        }

        if (!TryParse(text, out var document, out var error))
        {
            ThrowTerminatingError(new ErrorRecord(
                new ArgumentException($"Conversion from JSON failed with error: {error!.Message}", error),
                "System.ArgumentException",
                ErrorCategory.InvalidArgument,
                null));
        }

        using (document)
        {
            WriteObject(Value(document!.RootElement), enumerateCollection: !NoEnumerate && document.RootElement.ValueKind == JsonValueKind.Array);
        }
    }

    private bool TryParse(string text, out JsonDocument? document, out JsonException? error)
    {
        var options = new JsonDocumentOptions { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip, MaxDepth = Depth };
        try
        {
            (document, error) = (JsonDocument.Parse(text, options), null);
            return true;
        }
        catch (JsonException failure)
        {
            (document, error) = (null, failure);
            return false;
        }
    }

    private object? Value(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => AsHashtable ? Table(element) : Custom(element),
        JsonValueKind.Array => element.EnumerateArray().Select(Value).ToArray(),
        JsonValueKind.String => Text(element),
        JsonValueKind.Number => Number(element),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => null,
    };

    private System.Collections.Specialized.OrderedDictionary Table(JsonElement element)
    {
        var table = new System.Collections.Specialized.OrderedDictionary(StringComparer.Ordinal);
        foreach (var property in element.EnumerateObject())
        {
            table[property.Name] = Value(property.Value);
        }

        return table;
    }

    private PSObject Custom(JsonElement element)
    {
        var result = new PSObject();
        foreach (var property in element.EnumerateObject())
        {
            if (property.Name.Length == 0 || result.Properties[property.Name] is not null)
            {
                ThrowTerminatingError(new ErrorRecord(
                    new InvalidOperationException(
                        $"The JSON key '{property.Name}' is empty or differs from another only in case. Use -AsHashtable."),
                    "KeysWithDifferentCasingInJsonString",
                    ErrorCategory.InvalidOperation,
                    property.Name));
            }

            result.Properties.Add(new PSNoteProperty(property.Name, Value(property.Value)));
        }

        return result;
    }

    /// <summary>A text in ISO 8601 is a time, as pwsh has it.</summary>
    private static object Text(JsonElement element)
    {
        var text = element.GetString()!;
        return text.Length >= 19 && text[4] == '-' && text[10] == 'T'
            && DateTime.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out var time)
            ? time
            : text;
    }

    private static object Number(JsonElement element)
    {
        var text = element.GetRawText();
        if (text.AsSpan().ContainsAny('.', 'e', 'E'))
        {
            return element.GetDouble();
        }

        return element.TryGetInt64(out var number) ? number : BigInteger.Parse(text, CultureInfo.InvariantCulture);
    }
}
