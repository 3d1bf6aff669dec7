using System.Management.Automation;
using System.Management.Automation.Host;

namespace TpmTbs.PowerShellHost.Host;

/// <summary>One line at the cursor that shows the latest progress record; any other output takes its place.</summary>
internal sealed class ProgressLine(PSHostRawUserInterface console)
{
    private const string ClearLine = "\r\u001b[K";
    private static readonly TimeSpan ShortestInterval = TimeSpan.FromMilliseconds(100);

    private readonly Dictionary<(long Source, int Activity), ProgressRecord> active = [];
    private long lastShownTicks;
    private bool visible;

    public void Show(long source, ProgressRecord record)
    {
        var key = (source, record.ActivityId);
        if (record.RecordType == ProgressRecordType.Completed)
        {
            active.Remove(key);
            Clear();
            return;
        }

        active[key] = record;
        var now = Environment.TickCount64;
        if (visible && now - lastShownTicks < ShortestInterval.TotalMilliseconds)
        {
            return;
        }

        lastShownTicks = now;
        var text = Describe(record);
        var width = Math.Max(10, console.WindowSize.Width - 1);
        var shown = text.Length > width ? text[..width] : text;
        Console.Out.Write(ClearLine + PSStyle.Instance.Progress.Style + shown + "\u001b[0m");
        visible = true;
    }

    public void Clear()
    {
        if (visible)
        {
            Console.Out.Write(ClearLine);
            visible = false;
        }
    }

    public void Reset()
    {
        active.Clear();
        Clear();
    }

    private static string Describe(ProgressRecord record)
    {
        var percent = record.PercentComplete >= 0 ? $" {record.PercentComplete}%" : "";
        var remaining = record.SecondsRemaining >= 0 ? $" {TimeSpan.FromSeconds(record.SecondsRemaining):c} left" : "";
        var operation = string.IsNullOrEmpty(record.CurrentOperation) ? "" : $": {record.CurrentOperation}";
        return $"{record.Activity} [{record.StatusDescription}{percent}{remaining}]{operation}";
    }
}
