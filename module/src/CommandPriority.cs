using System;
using System.Collections.Generic;
using System.Globalization;

namespace TpmTbs;

/// <summary>TBS_COMMAND_PRIORITY, by name or number.</summary>
internal static class CommandPriority
{
    private const long Highest = 0x80000000;

    private static readonly Dictionary<string, long> ByName = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Low"] = 100,
        ["Normal"] = 200,
        ["High"] = 300,
        ["System"] = 400,
        ["Max"] = Highest,
    };

    internal static IEnumerable<string> Names => ByName.Keys;

    internal static bool TryParse(string text, out long priority) =>
        ByName.TryGetValue(text, out priority)
        || (long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out priority) && priority is >= 1 and <= Highest);
}
