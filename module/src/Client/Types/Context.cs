using System;
using TpmTbs.Client;

namespace TpmTbs;

/// <summary>A context that New-TbsContext opened.</summary>
public sealed class OpenedContext
{
    /// <summary>What names the context on this connection.</summary>
    public uint ContextId { get; private set; }

    /// <summary>The TPM family that it speaks.</summary>
    public string TpmVersion { get; private set; } = "";

    /// <summary>The longest command that it takes.</summary>
    public int MaxCommandBytes { get; private set; }

    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant($"context {ContextId} (TPM {TpmVersion})");

    internal static OpenedContext Read(JsonValue json) => new()
    {
        ContextId = json.UInt32("contextId"),
        TpmVersion = json.Text("tpmVersion"),
        MaxCommandBytes = json.Int32("maxCommandBytes"),
    };
}

/// <summary>An open context.</summary>
public sealed class Context
{
    /// <summary>What names the context.</summary>
    public uint ContextId { get; private set; }

    /// <summary>Whose it is: <c>uid:1000</c>, or a SID.</summary>
    public string UserKey { get; private set; } = "";

    /// <summary>The user's name; null where the system knows none.</summary>
    public string? UserName { get; private set; }

    /// <summary>The class for which the broker decides.</summary>
    public CallerClass CallerClass { get; private set; }

    /// <summary>The process that opened it; null where it is not known.</summary>
    public int? ProcessId { get; private set; }

    /// <summary>When it was opened.</summary>
    public DateTimeOffset OpenedAt { get; private set; }

    /// <summary>Commands of it that wait.</summary>
    public int WaitingCommands { get; private set; }

    /// <summary>Objects and sessions that it holds in the TPM.</summary>
    public int Resources { get; private set; }

    /// <summary>Whether this process opened it.</summary>
    public bool Own { get; private set; }

    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant($"context {ContextId} of {UserName ?? UserKey}");

    internal static Context Read(JsonValue json) => new()
    {
        ContextId = json.UInt32("contextId"),
        UserKey = json.Text("userKey"),
        UserName = json.TextOrNull("userName"),
        CallerClass = json.Named("callerClass", CallerClass.Unknown),
        ProcessId = json.Int32OrNull("processId"),
        OpenedAt = json.Time("openedAt"),
        WaitingCommands = json.Int32("waitingCommands"),
        Resources = json.Int32("resources"),
        Own = json.Flag("own"),
    };
}
