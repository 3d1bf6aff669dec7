using System.Collections.ObjectModel;

namespace TpmTbs;

/// <summary>
/// A list inside a result. As text, for instance in a CSV file or an HTML page, it shows its elements, whereas an array would
/// show the name of its type.
/// </summary>
public sealed class ResultList<T> : ReadOnlyCollection<T>
{
    internal ResultList(T[] elements) : base(elements)
    {
    }

    /// <summary>The number of elements, named as for arrays.</summary>
    public int Length => Count;

    /// <inheritdoc/>
    public override string ToString() => string.Join("; ", this);
}
