using TpmTbs.PowerShellHost.Host;

namespace TpmTbs.PowerShellHost;

internal static class Program
{
    private static int Main(string[] arguments)
    {
        CommandLine options;
        try
        {
            options = CommandLine.Parse(arguments);
        }
        catch (CommandLineException error)
        {
            Console.Error.WriteLine(error.Message);
            return ExitCodes.BadCommandLine;
        }

        if (options.ShowHelp)
        {
            Console.Out.WriteLine(CommandLine.Usage);
            return ExitCodes.Success;
        }

        if (options.ShowVersion)
        {
            Console.Out.WriteLine($"PowerShell {EngineInternals.EngineVersion}");
            return ExitCodes.Success;
        }

        return new HostSession(options).Run();
    }
}
