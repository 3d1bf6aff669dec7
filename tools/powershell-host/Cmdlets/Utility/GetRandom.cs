using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsCommon.Get, "Random", DefaultParameterSetName = "RandomNumberParameterSet")]
public sealed class GetRandomCommand : PSCmdlet
{
    private readonly List<object> pool = [];
    private Random? seeded;

    [Parameter]
    public int SetSeed { get; set; }

    [Parameter(Position = 0, ParameterSetName = "RandomNumberParameterSet")]
    public object Maximum { get; set; } = int.MaxValue;

    [Parameter(ParameterSetName = "RandomNumberParameterSet")]
    public object Minimum { get; set; } = 0;

    [Parameter(Position = 0, Mandatory = true, ParameterSetName = "RandomListItemParameterSet", ValueFromPipeline = true)]
    [Parameter(Position = 0, Mandatory = true, ParameterSetName = "ShuffleParameterSet", ValueFromPipeline = true)]
    public object[] InputObject { get; set; } = [];

    [Parameter(ParameterSetName = "RandomNumberParameterSet")]
    [Parameter(ParameterSetName = "RandomListItemParameterSet")]
    [ValidateRange(1, int.MaxValue)]
    public int Count { get; set; } = 1;

    [Parameter(Mandatory = true, ParameterSetName = "ShuffleParameterSet")]
    public SwitchParameter Shuffle { get; set; }

    protected override void BeginProcessing() =>
        seeded = MyInvocation.BoundParameters.ContainsKey(nameof(SetSeed)) ? new Random(SetSeed) : null;

    protected override void ProcessRecord() => pool.AddRange(InputObject);

    protected override void EndProcessing()
    {
        if (ParameterSetName == "RandomNumberParameterSet")
        {
            for (var drawn = 0; drawn < Count; drawn++)
            {
                WriteObject(Number());
            }

            return;
        }

        var wanted = Shuffle ? pool.Count : Math.Min(Count, pool.Count);
        for (var drawn = 0; drawn < wanted; drawn++)
        {
            var index = (int)Whole(0, pool.Count);
            WriteObject(pool[index]);
            pool.RemoveAt(index);
        }
    }

    private object Number()
    {
        if (Plain(Minimum) is double or float || Plain(Maximum) is double or float)
        {
            var low = LanguagePrimitives.ConvertTo<double>(Minimum);
            return low + ((LanguagePrimitives.ConvertTo<double>(Maximum) - low) * (seeded ?? Random.Shared).NextDouble());
        }

        var (from, to) = (LanguagePrimitives.ConvertTo<long>(Minimum), LanguagePrimitives.ConvertTo<long>(Maximum));
        if (from >= to)
        {
            ThrowTerminatingError(new ErrorRecord(
                new ArgumentException($"The Minimum value ({from}) cannot be greater than or equal to the Maximum value ({to})."),
                "MinGreaterThanOrEqualMax",
                ErrorCategory.InvalidArgument,
                null));
        }

        var number = Whole(from, to);
        return number is >= int.MinValue and <= int.MaxValue ? (int)number : number;
    }

    private long Whole(long from, long to) => (seeded ?? Random.Shared).NextInt64(from, to);

    private static object Plain(object value) => value is PSObject wrapped ? wrapped.BaseObject : value;
}
