using System.Collections.ObjectModel;
using System.Management.Automation.Runspaces;
using System.Text;

namespace TpmTbs.PowerShellHost.Host;

internal sealed class CommandLineException(string message) : Exception(message);

/// <summary>
/// The options of pwsh (about_pwsh), with its abbreviations: a switch may be cut short to its smallest
/// unambiguous form, and the first argument that is no option is the script of an implied -File.
/// </summary>
internal sealed class CommandLine
{
    public const string Usage = """
        Usage: pwsh [-File] <script> [arguments] | -Command { - | <text> } | -CommandWithArgs <text> [arguments]
                    [-EncodedCommand <base64>] [-NoExit] [-NoLogo] [-NoProfile] [-NonInteractive] [-Interactive]
                    [-WorkingDirectory <path>] [-ExecutionPolicy <policy>] [-Version] [-Help]
        """;

    public string? File { get; private set; }

    public string? Command { get; private set; }

    /// <summary>-Command - : commands come from standard input, one after the other, without prompts.</summary>
    public bool CommandsFromInput { get; private set; }

    public Collection<CommandParameter> Arguments { get; } = [];

    public bool NoExit { get; private set; }

    public bool NoLogo { get; private set; }

    public bool NoProfile { get; private set; }

    public bool NonInteractive { get; private set; }

    public string? WorkingDirectory { get; private set; }

    public bool ShowVersion { get; private set; }

    public bool ShowHelp { get; private set; }

    /// <summary>Nothing to run was named, or it was asked to stay afterwards.</summary>
    public bool ReadsCommands => NoExit || CommandsFromInput || (File is null && Command is null);

    public static CommandLine Parse(string[] arguments)
    {
        var result = new CommandLine();
        var index = 0;
        while (index < arguments.Length && result.TakeOption(arguments, ref index))
        {
            index++;
        }

        return result;
    }

    /// <returns>False when the option took all the rest of the line.</returns>
    private bool TakeOption(string[] arguments, ref int index)
    {
        var argument = arguments[index].Trim();
        var isOption = argument.Length > 1 && (argument[0] == '-' || (argument[0] == '/' && OperatingSystem.IsWindows()));
        var name = isOption ? argument.TrimStart('-', '/').ToLowerInvariant() : "";
        switch (name)
        {
            case var _ when Is(name, "version", "v"):
                ShowVersion = true;
                return false;
            case var _ when Is(name, "help", "h") || name == "?":
                ShowHelp = true;
                return false;
            case var _ when Is(name, "noexit", "noe"):
                NoExit = true;
                return true;
            case var _ when Is(name, "noprofile", "nop"):
                NoProfile = true;
                return true;
            case var _ when Is(name, "nologo", "nol"):
                NoLogo = true;
                return true;
            case var _ when Is(name, "noninteractive", "noni"):
                NonInteractive = true;
                return true;
            case var _ when Is(name, "interactive", "i"):
                NonInteractive = false;
                return true;
            case var _ when Is(name, "login", "l") || Is(name, "noprofileloadtime", "noprofileloadtime"):
                return true;
            case "cwa":
            case var _ when Is(name, "commandwithargs", "commandwitha"):
                Command = ValueOf(arguments, ref index, "-CommandWithArgs");
                for (index++; index < arguments.Length; index++)
                {
                    Arguments.Add(new CommandParameter(null, arguments[index]));
                }

                return false;
            case var _ when Is(name, "command", "c"):
                TakeCommand(arguments, ref index);
                return false;
            case "ec":
            case var _ when Is(name, "encodedcommand", "e"):
                Command = Decode(ValueOf(arguments, ref index, "-EncodedCommand"));
                return true;
            case "wd":
            case var _ when Is(name, "workingdirectory", "wo"):
                WorkingDirectory = ValueOf(arguments, ref index, "-WorkingDirectory");
                return true;
            case "ep":
            case var _ when Is(name, "executionpolicy", "ex"):
                // Accepted as pwsh accepts it; outside Windows the policy is always Unrestricted.
                ValueOf(arguments, ref index, "-ExecutionPolicy");
                return true;
            case "of" or "if":
            case var _ when Is(name, "outputformat", "o") || Is(name, "inputformat", "inp"):
                var format = ValueOf(arguments, ref index, argument);
                if (!format.Equals("text", StringComparison.OrdinalIgnoreCase))
                {
                    throw new CommandLineException($"{argument} {format} is not supported: this host speaks Text only.");
                }

                return true;
            case var _ when Is(name, "file", "f"):
                var script = ValueOf(arguments, ref index, "-File");
                TakeFile(script, arguments, ref index);
                return false;
            default:
                TakeFile(arguments[index], arguments, ref index);
                return false;
        }
    }

    private static bool Is(string given, string option, string shortest) =>
        given.Length >= shortest.Length && option.StartsWith(given, StringComparison.Ordinal);

    private static string ValueOf(string[] arguments, ref int index, string option)
    {
        if (++index >= arguments.Length)
        {
            throw new CommandLineException($"The option {option} needs a value.{Environment.NewLine}{Usage}");
        }

        return arguments[index];
    }

    private void TakeCommand(string[] arguments, ref int index)
    {
        var first = ValueOf(arguments, ref index, "-Command");
        if (first == "-" && index == arguments.Length - 1)
        {
            if (!Console.IsInputRedirected)
            {
                throw new CommandLineException("'-Command -' reads its commands from standard input, which is a terminal: redirect it.");
            }

            CommandsFromInput = true;
            return;
        }

        Command = string.Join(' ', arguments[index..]);
        index = arguments.Length;
    }

    private void TakeFile(string script, string[] arguments, ref int index)
    {
        if (script == "-")
        {
            return;
        }

        if (!System.IO.File.Exists(script))
        {
            var kind = script.StartsWith('-') ? "is neither an option of this host nor a script file" : "is not a file";
            throw new CommandLineException($"The argument '{script}' {kind}. Check the spelling and the path.{Environment.NewLine}{Usage}");
        }

        File = Path.GetFullPath(script);
        TakeScriptArguments(arguments.AsSpan(index + 1));
        index = arguments.Length;
    }

    /// <summary>
    /// -Name value, -Switch, -Name:value and plain values. A name keeps its dash: the engine's own binder then
    /// decides, by the script's parameters, whether the argument after it belongs to it.
    /// </summary>
    private void TakeScriptArguments(ReadOnlySpan<string> rest)
    {
        string? waitsForValue = null;
        foreach (var argument in rest)
        {
            var colon = argument.IndexOf(':');
            if (waitsForValue is not null)
            {
                Arguments.Add(new CommandParameter(waitsForValue, argument));
                waitsForValue = null;
            }
            else if (argument.Length < 2 || argument[0] is not ('-' or '\u2013' or '\u2014' or '\u2015'))
            {
                Arguments.Add(new CommandParameter(null, argument));
            }
            else if (colon < 0)
            {
                Arguments.Add(new CommandParameter(argument));
            }
            else if (colon == argument.Length - 1)
            {
                waitsForValue = argument[..colon];
            }
            else
            {
                Arguments.Add(new CommandParameter(argument[..colon], TruthOrText(argument[(colon + 1)..])));
            }
        }
    }

    private static object TruthOrText(string text) =>
        bool.TryParse(text.StartsWith('$') ? text[1..] : text, out var truth) ? truth : text;

    private static string Decode(string base64)
    {
        try
        {
            return Encoding.Unicode.GetString(Convert.FromBase64String(base64));
        }
        catch (FormatException)
        {
            throw new CommandLineException("-EncodedCommand takes the base64 form of UTF-16LE text.");
        }
    }
}
