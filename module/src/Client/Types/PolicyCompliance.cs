namespace TpmTbs;

public sealed partial class PolicyCompliance
{
    /// <summary>The file of desired settings; null if they came from a hashtable.</summary>
    public string? Path { get; internal set; }

    /// <inheritdoc/>
    public override string ToString() => Compliant ? "compliant" : $"{Differences.Length} settings differ";
}
