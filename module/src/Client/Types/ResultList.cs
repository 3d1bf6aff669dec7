using System.Collections.ObjectModel;

namespace TpmTbs;

/// <summary>
/// A list inside a result. As text, such as in a CSV file or an HTML page, it is its elements, where an array would be the
/// name of its type.
/// </summary>
public sealed class ResultList<T> : ReadOnlyCollection<T>
{
    internal ResultList(T[] elements) : base(elements)
    {
    }

    /// <summary>The number of elements, under the name that arrays have for it.</summary>
    public int Length => Count;

    /// <inheritdoc/>
    public override string ToString() => string.Join("; ", this);
}
