using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsDiagnostic.Measure, "Object", DefaultParameterSetName = "GenericMeasure")]
public sealed class MeasureObjectCommand : PSCmdlet
{
    private readonly List<object> seen = [];
    private int count;
    private int lines;
    private int words;
    private int characters;

    [Parameter(ValueFromPipeline = true)]
    public PSObject? InputObject { get; set; }

    [Parameter(Position = 0)]
    public string? Property { get; set; }

    [Parameter(ParameterSetName = "GenericMeasure")]
    public SwitchParameter Sum { get; set; }

    [Parameter(ParameterSetName = "GenericMeasure")]
    public SwitchParameter Average { get; set; }

    [Parameter(ParameterSetName = "GenericMeasure")]
    public SwitchParameter Maximum { get; set; }

    [Parameter(ParameterSetName = "GenericMeasure")]
    public SwitchParameter Minimum { get; set; }

    [Parameter(ParameterSetName = "GenericMeasure")]
    public SwitchParameter StandardDeviation { get; set; }

    [Parameter(ParameterSetName = "GenericMeasure")]
    public SwitchParameter AllStats { get; set; }

    [Parameter(ParameterSetName = "TextMeasure")]
    public SwitchParameter Line { get; set; }

    [Parameter(ParameterSetName = "TextMeasure")]
    public SwitchParameter Word { get; set; }

    [Parameter(ParameterSetName = "TextMeasure")]
    public SwitchParameter Character { get; set; }

    protected override void ProcessRecord()
    {
        var value = Property is null ? InputObject?.BaseObject : InputObject?.Properties[Property]?.Value;
        if (value is null)
        {
            return;
        }

        count++;
        if (ParameterSetName == "TextMeasure")
        {
            var text = LanguagePrimitives.ConvertTo<string>(value);
            lines += text.Split('\n').Length;
            words += text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length;
            characters += text.Length;
        }
        else
        {
            seen.Add(value);
        }
    }

    protected override void EndProcessing()
    {
        if (ParameterSetName == "TextMeasure")
        {
            WriteObject(new TextMeasureInfo
            {
                Lines = Line ? lines : null,
                Words = Word ? words : null,
                Characters = Character ? characters : null,
                Property = Property,
            });
            return;
        }

        var needsNumbers = Sum || Average || StandardDeviation || AllStats;
        var numbers = needsNumbers ? Numbers() : [];
        var sum = numbers.Sum();
        double? mean = numbers.Count > 0 ? sum / numbers.Count : null;
        WriteObject(new GenericMeasureInfo
        {
            Count = count,
            Property = Property,
            Sum = (Sum || AllStats) && numbers.Count > 0 ? sum : null,
            Average = Average || AllStats ? mean : null,
            StandardDeviation = (StandardDeviation || AllStats) && numbers.Count > 1
                ? Math.Sqrt(numbers.Sum(number => Math.Pow(number - mean!.Value, 2)) / (numbers.Count - 1))
                : null,
            Maximum = Maximum || AllStats ? Extreme(1) : null,
            Minimum = Minimum || AllStats ? Extreme(-1) : null,
        });
    }

    private List<double> Numbers()
    {
        var numbers = new List<double>();
        foreach (var value in seen)
        {
            if (LanguagePrimitives.TryConvertTo<double>(value, out var number))
            {
                numbers.Add(number);
            }
            else
            {
                WriteError(new ErrorRecord(
                    new PSInvalidCastException($"Input object \"{value}\" is not numeric."),
                    "NonNumericInputObject",
                    ErrorCategory.InvalidType,
                    value));
            }
        }

        return numbers;
    }

    private object? Extreme(int direction)
    {
        var best = seen.FirstOrDefault();
        foreach (var value in seen)
        {
            if (LanguagePrimitives.TryCompare(value, best, true, out var order) && Math.Sign(order) == direction)
            {
                best = value;
            }
        }

        return best is not null && LanguagePrimitives.TryConvertTo<double>(best, out var number) && best is not (string or char) ? number : best;
    }
}
