using System.Collections.ObjectModel;
using System.Management.Automation;
using System.Management.Automation.Host;

namespace TpmTbs.PowerShellHost.Host;

/// <summary>The line "[Y] Yes  [N] No  [?] Help (default is "Y"): " and what an answer to it means.</summary>
internal sealed class ChoiceMenu
{
    private readonly (string Key, string Name, string Help)[] entries;
    private readonly int defaultChoice;

    public ChoiceMenu(Collection<ChoiceDescription> choices, int defaultChoice)
    {
        this.defaultChoice = defaultChoice;
        entries = [.. choices.Select(Split)];
    }

    public string Line
    {
        get
        {
            var options = entries.Select((entry, index) => Emphasized($"[{entry.Key}] {entry.Name}", index == defaultChoice));
            var hint = defaultChoice >= 0 ? $" (default is \"{entries[defaultChoice].Key}\")" : "";
            return string.Join("  ", [.. options, $"[?] Help{hint}: "]);
        }
    }

    public IEnumerable<string> HelpLines => entries.Select(entry => $"{entry.Key} - {entry.Help}");

    /// <returns>The index of the choice; null when the answer names none.</returns>
    public int? Pick(string answer)
    {
        if (answer.Length == 0)
        {
            return defaultChoice >= 0 ? defaultChoice : null;
        }

        var index = Array.FindIndex(
            entries,
            entry => answer.Equals(entry.Key, StringComparison.OrdinalIgnoreCase) || answer.Equals(entry.Name, StringComparison.OrdinalIgnoreCase));
        return index < 0 ? null : index;
    }

    private static string Emphasized(string text, bool emphasized) =>
        emphasized ? PSStyle.Instance.Foreground.Yellow + text + PSStyle.Instance.Reset : text;

    private static (string Key, string Name, string Help) Split(ChoiceDescription choice)
    {
        var mark = choice.Label.IndexOf('&', StringComparison.Ordinal);
        var name = choice.Label.Replace("&", "", StringComparison.Ordinal);
        var key = mark >= 0 && mark + 1 < choice.Label.Length ? choice.Label.Substring(mark + 1, 1).ToUpperInvariant() : name;
        return (key, name, choice.HelpMessage);
    }
}
