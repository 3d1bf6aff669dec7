using System.Reflection;
using Microsoft.PowerShell.Commands.Internal.Format;
using TpmTbs.PowerShellHost.Host;

namespace Microsoft.PowerShell.Commands;

/// <summary>
/// Joins a Format- or Out- cmdlet to the engine's own formatter, so that format files and views count here as they
/// do in pwsh. The formatter is in the engine; only the cmdlets that lead to it are not.
/// </summary>
internal static class EngineFormatter
{
    private const string Types = "Microsoft.PowerShell.Commands.Internal.Format.";

    /// <param name="shape">Table, List, Wide or Complex.</param>
    public static void UseShape(FrontEndCommandBase cmdlet, string shape) =>
        EngineInternals.SetMember(
            cmdlet,
            "implementation",
            EngineInternals.Create(Types + "InnerFormatShapeCommand", EngineInternals.EnumValue(Types + "FormatShape", shape)));

    public static void UseOutput(FrontEndCommandBase cmdlet) =>
        EngineInternals.SetMember(cmdlet, "implementation", EngineInternals.Create(Types + "OutputManagerInner"));

    public static void WriteTo(FrontEndCommandBase cmdlet, TextWriter writer, int columns)
    {
        var output = EngineInternals.Create(Types + "TextWriterLineOutput", writer, columns);
        var implementation = typeof(FrontEndCommandBase)
            .GetField("implementation", BindingFlags.Instance | BindingFlags.NonPublic)!
            .GetValue(cmdlet)!;
        EngineInternals.SetMember(implementation, "LineOutput", output);
    }
}
