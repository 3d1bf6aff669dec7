using System.Management.Automation;
using System.Globalization;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsCommon.Get, "Date", DefaultParameterSetName = "DateAndFormat")]
[OutputType(typeof(DateTime), typeof(string))]
public sealed class GetDateCommand : PSCmdlet
{
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("LastWriteTime")]
    public DateTime Date { get; set; } = DateTime.Now;

    [Parameter]
    public int Year { get; set; }

    [Parameter]
    public int Month { get; set; }

    [Parameter]
    public int Day { get; set; }

    [Parameter]
    public int Hour { get; set; }

    [Parameter]
    public int Minute { get; set; }

    [Parameter]
    public int Second { get; set; }

    [Parameter]
    public int Millisecond { get; set; }

    [Parameter(ParameterSetName = "UnixTimeSeconds")]
    public long UnixTimeSeconds { get; set; }

    [Parameter]
    public string? Format { get; set; }

    [Parameter]
    public SwitchParameter AsUTC { get; set; }

    protected override void ProcessRecord()
    {
        var value = Given(nameof(UnixTimeSeconds)) ? DateTimeOffset.FromUnixTimeSeconds(UnixTimeSeconds).LocalDateTime : Date;
        value = new DateTime(
            Given(nameof(Year)) ? Year : value.Year,
            Given(nameof(Month)) ? Month : value.Month,
            Given(nameof(Day)) ? Day : value.Day,
            Given(nameof(Hour)) ? Hour : value.Hour,
            Given(nameof(Minute)) ? Minute : value.Minute,
            Given(nameof(Second)) ? Second : value.Second,
            value.Kind).AddTicks(Given(nameof(Millisecond)) ? Millisecond * TimeSpan.TicksPerMillisecond : value.Ticks % TimeSpan.TicksPerSecond);
        value = AsUTC ? value.ToUniversalTime() : value;
        WriteObject(Format is null ? value : value.ToString(Pattern(Format), CultureInfo.CurrentCulture));
    }

    private bool Given(string name) => MyInvocation.BoundParameters.ContainsKey(name);

    private static string Pattern(string format) => format switch
    {
        "FileDate" => "yyyyMMdd",
        "FileDateUniversal" => "yyyyMMdd'Z'",
        "FileDateTime" => "yyyyMMdd'T'HHmmssffff",
        "FileDateTimeUniversal" => "yyyyMMdd'T'HHmmssffff'Z'",
        _ => format,
    };
}
