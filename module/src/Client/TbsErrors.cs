using System;

namespace TpmTbs.Client;

/// <summary>Creates the errors that the module detects, each with an action, and translates those of the broker.</summary>
internal static class TbsErrors
{
    private const string OtherSocket = "Do not use this socket: that user could read what you send. Name another in $env:TPMTBS_SOCKET, or, in a container, see docs/containers.md.";

    internal static TbsException NotRunning(string path, string reason, Exception? inner = null) =>
        Ending("TBS_E_SERVICE_NOT_RUNNING", $"The broker is not running: {reason} ({path}).",
            "Start it with Start-TbsService, `tbs serve` or `systemctl start tpmtbs`; $env:TPMTBS_SOCKET names another socket.", path, inner);

    internal static TbsException NoSignOfLife(string path) =>
        Ending("TBS_E_SERVICE_NOT_RUNNING", $"The broker shows no sign of life ({path}).",
            "See whether tbsd is stopped or hangs, and restart it. $env:TPMTBS_BROKER_TIMEOUT sets how many seconds to wait for a sign of life (30).", path);

    internal static TbsException ConnectionLost(string method, string reason, Exception? inner) =>
        Ending("TBS_E_SERVICE_NOT_RUNNING",
            $"The connection to the broker ended while '{method}' was in progress; whether it took effect is not known. {reason}",
            "Check with Get-TbsStatus and the Get- cmdlet of what was changed, then try again.", null, inner);

    internal static TbsException SocketPathTooLong(string path) =>
        Ending("TBS_E_BAD_PARAMETER", $"The socket's path is longer than the 107 bytes that the platform allows: {path}",
            "Use a shorter path in $env:TPMTBS_SOCKET and in the configuration of tbsd.", path);

    internal static TbsException SocketNotAccessible(string path) =>
        Ending("TBS_E_ACCESS_DENIED", $"This user may not open the broker's socket ({path}).",
            "Ask an administrator for access to the folder and the socket of tbsd.", path);

    internal static TbsException NotTrusted(string what, string path) =>
        Ending("TBS_E_ACCESS_DENIED", $"{what}, who is neither root nor you.", OtherSocket, path);

    internal static TbsException PipeNotAccessible(string path) =>
        Ending("TBS_E_ACCESS_DENIED", $"This user may not open the broker's pipe ({path}).",
            "Use PowerShell 7.6 or Windows PowerShell 5.1, which ask for no more than users have, or an administrator's prompt.", path);

    internal static TbsException PipeNotTrusted(string owner, string path) =>
        Ending("TBS_E_ACCESS_DENIED", $"The pipe {path} belongs to {owner}, who is neither an administrator nor you.",
            "Use the pipe of the system's broker, or one of your own.", path);

    internal static TbsException OtherProtocol(Exception inner) =>
        new("JSON-RPC", inner.Message, "Use the module that came with this broker.", null, inner);

    /// <summary>If a prompt cannot be shown, the answer is no.</summary>
    internal static TbsException CannotAsk(string target, string action, Exception inner) =>
        new("TBS_E_COMMAND_CANCELED",
            $"Nothing was done: '{action}' on '{target}' needs a confirmation, and this session cannot ask for one.",
            "Run it where it can ask, or confirm it in advance with -Confirm:$false.", null, inner)
        { OwnErrorId = "TbsConfirmationImpossible", TargetObject = target };

    /// <summary>A value that only a person can give cannot be asked for; -Confirm:$false would not help.</summary>
    internal static TbsException CannotAskForPassword(string action, Exception inner) =>
        new("TBS_E_COMMAND_CANCELED",
            $"Nothing was done: '{action}' needs the owner password, and this session cannot ask for it.",
            "Run it where it can ask, or give the owner authorization with -File or -OwnerAuthorization.", null, inner)
        { OwnErrorId = "TbsConfirmationImpossible", TargetObject = "Owner password" };

    internal static TbsException BadParameter(string message, string action, object? target) =>
        new("TBS_E_BAD_PARAMETER", message, action) { TargetObject = target };

    internal static TbsException BadFile(string path, string reason, Exception? inner = null) =>
        new("TBS_E_BAD_PARAMETER", $"'{path}' cannot be used: {reason}", "Correct the path, the file or the access to it.", null, inner)
        { TargetObject = path };

    /// <summary>Translates the member <c>error</c> of an answer.</summary>
    internal static TbsException FromBroker(JsonValue error)
    {
        JsonValue data = error["data"];
        string message = error.Text("message");
        string? symbol = data.IsObject ? data.TextOrNull("symbol") : null;
        if (symbol is null)
        {
            // A protocol error: the broker and this module have different versions.
            return new TbsException($"JSON-RPC {error.Int64("code")}", message, "Use the module that came with this broker.", data.ToPowerShell);
        }
        TbsException exception = new(symbol, message, data.TextOrNull("action"), data["details"].ToPowerShell);
        // Every further object would fail in the same way.
        exception.EndsCommand = symbol == "TBS_E_SERVICE_START_PENDING";
        return exception;
    }

    private static TbsException Ending(string symbol, string message, string action, object? target, Exception? inner = null) =>
        new(symbol, message, action, null, inner) { TargetObject = target, EndsCommand = true };
}
