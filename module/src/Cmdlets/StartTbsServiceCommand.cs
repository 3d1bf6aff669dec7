using System;
using System.Collections.Generic;
using System.ComponentModel;
using System.Diagnostics;
using System.IO;
using System.Management.Automation;
using TpmTbs.Client;

namespace TpmTbs.Cmdlets;

/// <summary>Starts the broker and waits until it answers.</summary>
/// <remarks>
/// Starts the systemd unit tpmtbs if it is installed and no option requests something else. Otherwise starts the broker
/// (tbs serve) as a process that outlives this session: the system's broker for root, a user's own for others. The
/// process's output goes to the file in -LogPath. Starts nothing if a broker already answers. Returns the broker's
/// status.
/// </remarks>
/// <example>
/// <code>Start-TbsService</code>
/// <para>Starts the machine's broker.</para>
/// </example>
/// <example>
/// <code>Start-TbsService -Transport embedded -Tpm 1.2</code>
/// <para>Starts a broker with a software TPM 1.2.</para>
/// </example>
/// <seealso>Stop-TbsService</seealso>
[Cmdlet(VerbsLifecycle.Start, "TbsService", SupportsShouldProcess = true)]
[OutputType(typeof(Status))]
public sealed class StartTbsServiceCommand : TbsCmdlet
{
    /// <summary>How the broker reaches the TPM: auto, device, swtpm, or embedded, which runs its own software TPM.</summary>
    [Parameter]
    [ValidateSet("auto", "device", "swtpm", "embedded")]
    public string? Transport { get; set; }

    /// <summary>The version of the embedded TPM.</summary>
    [Parameter]
    [ValidateSet("1.2", "2.0")]
    public string? Tpm { get; set; }

    /// <summary>The configuration file to use instead of the usual tbsd.json.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? ConfigurationPath { get; set; }

    /// <summary>How long to wait for the broker to answer.</summary>
    [Parameter]
    [ValidateRange(1, 600)]
    public int TimeoutSeconds { get; set; } = 60;

    /// <summary>
    /// The file to which a broker without a systemd unit appends its output. Default: broker-output.log in this user's
    /// state folder.
    /// </summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? LogPath { get; set; }

    /// <inheritdoc/>
    protected override void Process()
    {
        // Check the path before starting anything: a wrong path must not start a broker with a different configuration.
        string[] arguments = Arguments();
        if (!BrokerClient.Answers)
        {
            if (!Confirmed("TPM base services (tbsd)", "Start")) return;
            if (arguments.Length == 1 && LogPath is null && BrokerProcess.HasSystemdUnit) StartUnit();
            else StartProcess(arguments);
        }
        WriteObject(Call("status/get", Status.Read));
    }

    private string[] Arguments()
    {
        List<string> arguments = new() { "serve" };
        if (ConfigurationPath is not null) arguments.AddRange(new[] { "--config", InputFile.Resolve(this, ConfigurationPath) });
        if (Transport is not null) arguments.AddRange(new[] { "--transport", Transport });
        if (Tpm is not null) arguments.AddRange(new[] { "--tpm", Tpm });
        if (Environment.GetEnvironmentVariable("TPMTBS_SOCKET") is { Length: > 0 } socket) arguments.AddRange(new[] { "--socket", socket });
        return arguments.ToArray();
    }

    private void StartUnit()
    {
        if (BrokerProcess.StartUnit() is { } output)
        {
            throw Failed($"systemd cannot start the broker: {output}", "See `systemctl status tpmtbs` and `journalctl -u tpmtbs`.", "tpmtbs.service");
        }
        WaitUntilItAnswers(null, "", 0);
    }

    private void StartProcess(string[] arguments)
    {
        string log = LogPath is null ? DefaultLogPath() : InputFile.Resolve(this, LogPath);
        string program = Path.GetFullPath(Path.Combine(ModuleFolder, "bin", "tbs.js"));
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(log)!);
            long logStart = File.Exists(log) ? new FileInfo(log).Length : 0;
            WriteVerbose($"What the broker prints is in {log}.");
            using Process process = BrokerProcess.Start(program, arguments, log);
            WaitUntilItAnswers(process, log, logStart);
        }
        catch (Win32Exception exception)
        {
            throw Failed($"Cannot start the broker: {exception.Message}",
                "Node.js 20.19 or later must be on the PATH; $env:TPMTBS_NODE names another.", "node", exception);
        }
        catch (Exception exception) when (InputFile.IsOfFile(exception))
        {
            throw TbsErrors.BadFile(log, exception.Message, exception);
        }
    }

    private void WaitUntilItAnswers(Process? process, string log, long logStart)
    {
        Deadline deadline = Deadline.In(TimeSpan.FromSeconds(TimeoutSeconds));
        while (!BrokerClient.Answers)
        {
            bool hasEnded = process is { HasExited: true };
            if (hasEnded || deadline.HasPassed)
            {
                string why = hasEnded ? $"ended with exit code {process!.ExitCode}" : $"did not answer within {TimeoutSeconds} seconds";
                throw Failed($"The broker {why}. {Printed(log, logStart)}".TrimEnd(),
                    "Correct what it names; `tbs serve` shows the same in the foreground.", BrokerAddress.Current);
            }
            StopToken.WaitHandle.WaitOne(50);
            StopToken.ThrowIfCancellationRequested();
        }
    }

    /// <summary>The output of this start; the file also contains that of earlier ones.</summary>
    private static string Printed(string log, long logStart)
    {
        if (log.Length == 0) return "";
        using FileStream file = new(log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        file.Seek(Math.Min(logStart, file.Length), SeekOrigin.Begin);
        using StreamReader reader = new(file);
        return reader.ReadToEnd().Trim();
    }

    private static string DefaultLogPath()
    {
        string? state = Environment.GetEnvironmentVariable("XDG_STATE_HOME");
        if (string.IsNullOrEmpty(state) || !Path.IsPathRooted(state))
        {
            string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
            // A start-up script may run without a home.
            state = home.Length > 0 ? Path.Combine(home, ".local", "state") : Path.GetTempPath();
        }
        return Path.Combine(state, "tpmtbs", "broker-output.log");
    }

    private static string ModuleFolder =>
        Path.GetDirectoryName(Path.GetDirectoryName(Path.GetDirectoryName(Path.GetDirectoryName(typeof(TbsCmdlet).Assembly.Location))))!;

    private static TbsException Failed(string message, string action, string target, Exception? inner = null) =>
        new("TBS_E_SERVICE_NOT_RUNNING", message, action, null, inner) { TargetObject = target, EndsCommand = true };
}
