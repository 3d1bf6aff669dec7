using System.Management.Automation;
using System.Management.Automation.Language;
using System.Management.Automation.Runspaces;
using TpmTbs.PowerShellHost.Interactive;

namespace TpmTbs.PowerShellHost.Host;

/// <summary>One run of the host, from the opened runspace to the exit code.</summary>
internal sealed class HostSession
{
    private readonly CommandLine options;
    private readonly ConsoleInterface ui;
    private readonly ConsolePSHost host;
    private readonly Runspace runspace;
    private readonly PipelineRunner runner;
    private bool interrupted;

    public HostSession(CommandLine options)
    {
        this.options = options;
        DeclineEngineServices();
        ui = new ConsoleInterface(options.NonInteractive);
        host = new ConsolePSHost(ui);
        runspace = RunspaceFactory.CreateRunspace(host, SessionDefaults.Create());
        runner = new PipelineRunner(runspace, ui);
    }

    /// <summary>Someone types at a prompt here, so an interrupt ends a command and not the host.</summary>
    private bool HasPrompt => options.ReadsCommands && !options.CommandsFromInput && !Console.IsInputRedirected;

    public int Run()
    {
        if (!EnterWorkingDirectory())
        {
            return ExitCodes.BadCommandLine;
        }

        runspace.ThreadOptions = PSThreadOptions.ReuseThread;
        runspace.Open();
        Runspace.DefaultRunspace = runspace;
        Console.CancelKeyPress += OnInterrupt;
        try
        {
            return Act();
        }
        finally
        {
            Console.CancelKeyPress -= OnInterrupt;
            ui.ClearProgress();
            runspace.Dispose();
        }
    }

    /// <summary>
    /// The engine's usage reports to Microsoft and its socket for attaching a debugger, both on unless declined:
    /// a build tool needs neither, and the start is 30 ms shorter without.
    /// </summary>
    private static void DeclineEngineServices()
    {
        Environment.SetEnvironmentVariable("POWERSHELL_TELEMETRY_OPTOUT", "1");
        Environment.SetEnvironmentVariable("POWERSHELL_DIAGNOSTICS_OPTOUT", "1");
    }

    private int Act()
    {
        Profiles.Define(runspace);
        if (!options.NoProfile)
        {
            Profiles.Run(runner);
        }

        Exception? failure = null;
        if (host.ExitCode is null && options.File is not null)
        {
            failure = RunFile();
        }
        else if (host.ExitCode is null && options.Command is not null)
        {
            failure = RunCommand(options.Command);
        }

        if (options.ReadsCommands && host.ExitCode is null && !interrupted)
        {
            var loop = new PromptLoop(options, host, ui, runspace, runner);
            host.NestedPrompt = loop.RunNested;
            loop.Run();
            failure = null;
        }

        return ExitCodeAfter(failure);
    }

    private int ExitCodeAfter(Exception? failure)
    {
        // A question that was given up stops the pipeline without a signal.
        if (interrupted || failure is PipelineStoppedException)
        {
            return ExitCodes.Interrupted;
        }

        if (host.ExitCode is { } asked)
        {
            // A process can only hand back one byte on Unix; the runtime cuts it there.
            return asked;
        }

        if (options.File is not null && !options.ReadsCommands)
        {
            return failure is null ? ExitCodes.Success : ExitCodes.Failure;
        }

        var lastSucceeded = runspace.SessionStateProxy.GetVariable("?") is true;
        return failure is null && lastSucceeded ? ExitCodes.Success : ExitCodes.Failure;
    }

    private Exception? RunFile()
    {
        var path = options.File!;
        var isScriptFile = path.EndsWith(".ps1", StringComparison.OrdinalIgnoreCase);
        var command = isScriptFile
            ? new Command(path, isScript: false, useLocalScope: false)
            : new Command(File.ReadAllText(path), isScript: true, useLocalScope: false);
        foreach (var argument in options.Arguments)
        {
            command.Parameters.Add(argument);
        }

        if (!options.NoExit)
        {
            EngineInternals.LetScriptExitEndTheHost(runspace);
        }

        var pipeline = runner.CreatePipeline();
        pipeline.Commands.Add(command);
        var script = Console.IsInputRedirected ? Parser.ParseFile(path, out _, out _) : null;
        return runner.RunShown(pipeline, InputFor(script));
    }

    private Exception? RunCommand(string text)
    {
        var pipeline = runner.CreatePipeline(text, addToHistory: true);
        foreach (var argument in options.Arguments)
        {
            pipeline.Commands[0].Parameters.Add(argument);
        }

        var script = Console.IsInputRedirected ? Parser.ParseInput(text, out _, out _) : null;
        return runner.RunShown(pipeline, InputFor(script));
    }

    /// <summary>Standard input, line by line, for a script that reads $input; otherwise it is left to what the script starts.</summary>
    private static IEnumerable<object>? InputFor(ScriptBlockAst? script)
    {
        var readsInput = script?.Find(
            node => node is VariableExpressionAst variable && variable.VariablePath.UserPath.Equals("input", StringComparison.OrdinalIgnoreCase),
            searchNestedScriptBlocks: false);
        return readsInput is null ? null : Lines();

        static IEnumerable<object> Lines()
        {
            while (Console.In.ReadLine() is { } line)
            {
                yield return line;
            }
        }
    }

    private bool EnterWorkingDirectory()
    {
        if (options.WorkingDirectory is not { } directory)
        {
            return true;
        }

        if (directory == "~" || directory.StartsWith("~/", StringComparison.Ordinal))
        {
            directory = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile) + directory[1..];
        }

        try
        {
            Environment.CurrentDirectory = directory;
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            Console.Error.WriteLine($"The working directory '{directory}' cannot be entered: {error.Message}");
            return false;
        }
    }

    private void OnInterrupt(object? sender, ConsoleCancelEventArgs interrupt)
    {
        interrupt.Cancel = true;
        if (HasPrompt)
        {
            runner.StopCurrent();
            return;
        }

        // A second Ctrl+C ends a run whose pipeline does not stop; so does the first when none is running.
        var stopping = !interrupted && runner.StopCurrent();
        interrupted = true;
        if (!stopping)
        {
            Environment.Exit(ExitCodes.Interrupted);
        }
    }
}
