using System.Text;

namespace Microsoft.PowerShell.Commands;

/// <summary>A writer that hands on whole lines, without their line ends.</summary>
internal sealed class LineSplitter(Action<string> takeLine) : TextWriter
{
    private readonly StringBuilder current = new();

    public override Encoding Encoding => Encoding.Unicode;

    public override void Write(char value)
    {
        if (value == '\n')
        {
            takeLine(current.ToString());
            current.Clear();
        }
        else if (value != '\r')
        {
            current.Append(value);
        }
    }

    public void Finish()
    {
        if (current.Length > 0)
        {
            takeLine(current.ToString());
            current.Clear();
        }
    }
}
