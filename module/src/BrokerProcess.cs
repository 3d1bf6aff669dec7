using System;
using System.Diagnostics;
using System.IO;
using System.Text;
using TpmTbs.Client;

namespace TpmTbs;

/// <summary>The broker's process: started by systemd if its unit is installed, otherwise directly.</summary>
internal static class BrokerProcess
{
    private static readonly string[] UnitFolders =
    {
        "/etc/systemd/system", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system",
    };

    /// <summary>Whether systemd is running and the unit tpmtbs is installed.</summary>
    internal static bool HasSystemdUnit =>
        !BrokerAddress.IsWindows && Directory.Exists("/run/systemd/system")
        && Array.Exists(UnitFolders, static folder => File.Exists(folder + "/tpmtbs.service"));

    /// <summary>Whether a process is running. A zombie is still listed, but without a command line.</summary>
    internal static bool IsRunning(int processId)
    {
        try
        {
            if (!BrokerAddress.IsWindows) return File.ReadAllText($"/proc/{processId}/cmdline").Length > 0;
            using Process process = Process.GetProcessById(processId);
            return !process.HasExited;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>Starts the unit and waits for systemd. Returns null on success, otherwise the output of systemctl.</summary>
    internal static string? StartUnit()
    {
        ProcessStartInfo start = new("systemctl", "start tpmtbs.service")
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        System.Threading.Tasks.Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? null : (output + errors.GetAwaiter().GetResult()).Trim();
    }

    /// <summary>Starts `tbs serve` so that it outlives this session, and appends its output to the log file.</summary>
    internal static Process Start(string program, string[] arguments, string logPath)
    {
        string node = Environment.GetEnvironmentVariable("TPMTBS_NODE") is { Length: > 0 } named ? named : "node";
        StringBuilder line = new(Quoted(program));
        foreach (string argument in arguments) line.Append(' ').Append(Quoted(argument));
        ProcessStartInfo start = BrokerAddress.IsWindows
            ? new(node, line.ToString()) { CreateNoWindow = true }
            // The shell only redirects and detaches; it does not interpret the arguments after the script.
            : new("/bin/sh", $"-c \"{DetachScript}\" tbs {Quoted(logPath)} {Quoted(node)} {line}");
        start.UseShellExecute = false;
        return Process.Start(start)!;
    }

    private const string DetachScript = "log=$1; shift; exec setsid \\\"$@\\\" >>\\\"$log\\\" 2>&1 </dev/null";

    private static string Quoted(string argument) => "\"" + argument.Replace("\\", "\\\\").Replace("\"", "\\\"") + "\"";
}
