using System;
using TpmTbs.Client;

namespace TpmTbs;

/// <summary>How the broker is doing.</summary>
public sealed class Status
{
    /// <summary>The broker's version.</summary>
    public string Version { get; private set; } = "";

    /// <summary>The id of its process.</summary>
    public int ProcessId { get; private set; }

    /// <summary>When it was started.</summary>
    public DateTimeOffset StartedAt { get; private set; }

    /// <summary>Whose broker it is: the system's or a user's own.</summary>
    public string Mode { get; private set; } = "";

    /// <summary>What it is doing: running, starting, stopping or suspended.</summary>
    public string State { get; private set; } = "";

    /// <summary>The TPM; null while there is none.</summary>
    public DeviceInfo? Tpm { get; private set; }

    /// <summary>As whom the broker knows you.</summary>
    public StatusCaller Caller { get; private set; } = new();

    /// <summary>How many contexts are open.</summary>
    public int Contexts { get; private set; }

    /// <summary>The commands that wait, and those that were.</summary>
    public QueueState Queue { get; private set; } = new();

    /// <summary>How commands under way are cancelled: controlChannel, sysfs, tbs or none.</summary>
    public string Cancellation { get; private set; } = "";

    /// <summary>How long commands take on this TPM, as the broker has learned.</summary>
    public CommandCost[] Costs { get; private set; } = Array.Empty<CommandCost>();

    /// <summary>Problems that need an administrator, each with what to do.</summary>
    public StatusWarning[] Warnings { get; private set; } = Array.Empty<StatusWarning>();

    /// <summary>The limits in force, by name.</summary>
    public object? Limits { get; private set; }

    /// <summary>Where the broker listens.</summary>
    public StatusEndpoint[] Endpoints { get; private set; } = Array.Empty<StatusEndpoint>();

    /// <inheritdoc/>
    public override string ToString() => $"{State}, {Tpm?.ToString() ?? "no TPM"}";

    internal static Status Read(JsonValue json) => new()
    {
        Version = json.Text("version"),
        ProcessId = json.Int32("processId"),
        StartedAt = json.Time("startedAt"),
        Mode = json.Text("mode"),
        State = json.Text("state"),
        Tpm = json.ObjectOrNull("tpm", DeviceInfo.Read),
        Caller = StatusCaller.Read(json["caller"]),
        Contexts = json.Int32("contexts"),
        Queue = QueueState.Read(json["queue"]),
        Cancellation = json.Text("cancellation"),
        Costs = json.List("costs", CommandCost.Read),
        Warnings = json.List("warnings", StatusWarning.Read),
        Limits = json["limits"].ToPowerShell(),
        Endpoints = json.List("endpoints", StatusEndpoint.Read),
    };
}

/// <summary>As whom the broker knows the caller.</summary>
public sealed class StatusCaller
{
    /// <summary>The user: <c>uid:1000</c>, or a SID.</summary>
    public string UserKey { get; private set; } = "";

    /// <summary>The class for which the broker decides.</summary>
    public CallerClass CallerClass { get; private set; }

    /// <inheritdoc/>
    public override string ToString() => $"{UserKey}, {CallerClass}";

    internal static StatusCaller Read(JsonValue json) => new()
    {
        UserKey = json.Text("userKey"),
        CallerClass = json.Named("callerClass", CallerClass.Unknown),
    };
}

/// <summary>The queue of commands.</summary>
public sealed class QueueState
{
    /// <summary>Commands that wait.</summary>
    public long Waiting { get; private set; }

    /// <summary>Whether the TPM works on one.</summary>
    public bool InFlight { get; private set; }

    /// <summary>Commands that the TPM answered since the broker was started.</summary>
    public long Completed { get; private set; }

    /// <summary>Commands that were refused.</summary>
    public long Refused { get; private set; }

    /// <summary>Commands that were cancelled.</summary>
    public long Cancelled { get; private set; }

    /// <summary>How long a command submitted now would wait if all others went first, in milliseconds.</summary>
    public double EstimatedWaitMs { get; private set; }

    /// <inheritdoc/>
    public override string ToString() => $"{Waiting} waiting, {Completed} done, {Refused} refused, {Cancelled} cancelled";

    internal static QueueState Read(JsonValue json) => new()
    {
        Waiting = json.Int64("waiting"),
        InFlight = json.Flag("inFlight"),
        Completed = json.Int64("completed"),
        Refused = json.Int64("refused"),
        Cancelled = json.Int64("cancelled"),
        EstimatedWaitMs = json.Number("estimatedWaitMs"),
    };
}

/// <summary>What a command costs on this TPM.</summary>
public sealed class CommandCost
{
    /// <summary>The command's code.</summary>
    public uint Code { get; private set; }

    /// <summary>The command's name.</summary>
    public string Name { get; private set; } = "";

    /// <summary>The type of the key that it makes, such as <c>RSA 2048</c>; null where it makes none.</summary>
    public string? KeyType { get; private set; }

    /// <summary>How often it was measured.</summary>
    public long Count { get; private set; }

    /// <summary>How long it takes, in milliseconds.</summary>
    public double MeanMs { get; private set; }

    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant($"{Name}: {MeanMs:0.###} ms");

    internal static CommandCost Read(JsonValue json) => new()
    {
        Code = json.UInt32("code"),
        Name = json.Text("name"),
        KeyType = json.TextOrNull("keyType"),
        Count = json.Int64("count"),
        MeanMs = json.Number("meanMs"),
    };
}

/// <summary>A problem that needs an administrator.</summary>
public sealed class StatusWarning
{
    /// <summary>The kind of problem, for scripts.</summary>
    public string Id { get; private set; } = "";

    /// <summary>What is wrong.</summary>
    public string Message { get; private set; } = "";

    /// <summary>What to do about it.</summary>
    public string Action { get; private set; } = "";

    /// <inheritdoc/>
    public override string ToString() => $"{Message} {Action}";

    internal static StatusWarning Read(JsonValue json) => new()
    {
        Id = json.Text("id"),
        Message = json.Text("message"),
        Action = json.Text("action"),
    };
}

/// <summary>A place where the broker listens.</summary>
public sealed class StatusEndpoint
{
    /// <summary>The protocol that it speaks there.</summary>
    public string Kind { get; private set; } = "";

    /// <summary>The path or address.</summary>
    public string Address { get; private set; } = "";

    /// <inheritdoc/>
    public override string ToString() => $"{Kind} {Address}";

    internal static StatusEndpoint Read(JsonValue json) => new()
    {
        Kind = json.Text("kind"),
        Address = json.Text("address"),
    };
}
