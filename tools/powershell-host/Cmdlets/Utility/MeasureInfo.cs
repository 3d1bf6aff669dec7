namespace Microsoft.PowerShell.Commands;

/// <summary>What Measure-Object writes; the engine's default views are registered for these names.</summary>
public abstract class MeasureInfo
{
    public string? Property { get; init; }
}

public sealed class GenericMeasureInfo : MeasureInfo
{
    public int Count { get; init; }

    public double? Average { get; init; }

    public double? Sum { get; init; }

    public object? Maximum { get; init; }

    public object? Minimum { get; init; }

    public double? StandardDeviation { get; init; }
}

public sealed class TextMeasureInfo : MeasureInfo
{
    public int? Lines { get; init; }

    public int? Words { get; init; }

    public int? Characters { get; init; }
}
