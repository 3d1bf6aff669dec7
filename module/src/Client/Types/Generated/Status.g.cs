// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.
#nullable enable
using System;
using TpmTbs.Client;

namespace TpmTbs;

/// <summary>The state of the broker.</summary>
public sealed partial class Status
{
    /// <summary>The broker’s version.</summary>
    public string Version { get; private set; } = "";

    /// <summary>The broker’s process.</summary>
    public long ProcessId { get; private set; }

    /// <summary>When it started.</summary>
    public DateTimeOffset StartedAt { get; private set; }

    /// <summary>system: the machine’s broker; user: a broker that a user started.</summary>
    public BrokerMode Mode { get; private set; }

    /// <summary>What the broker is doing.</summary>
    public BrokerState State { get; private set; }

    /// <summary>works; degraded: works, but with warnings; down: the TPM cannot be reached, so every command fails.</summary>
    public BrokerHealth Health { get; private set; }

    /// <summary>When the broker first noticed this health.</summary>
    public DateTimeOffset HealthSince { get; private set; }

    /// <summary>The TPM; null if there is none.</summary>
    public DeviceInfo? Tpm { get; private set; }

    /// <summary>The TPM that stands in for the machine’s own; null while that one is used.</summary>
    public StandIn? StandIn { get; private set; }

    /// <summary>The caller of this method.</summary>
    public StatusCaller Caller { get; private set; } = null!;

    /// <summary>Open contexts of all callers.</summary>
    public long Contexts { get; private set; }

    /// <summary>The queue.</summary>
    public QueueState Queue { get; private set; } = null!;

    /// <summary>How a running command is cancelled; none: it always runs to its end.</summary>
    public CommandCancellation Cancellation { get; private set; }

    /// <summary>Durations by command and by the type of key created.</summary>
    public ResultList<CommandCost> Costs { get; private set; } = null!;

    /// <summary>The TPM’s own lockout; null for a TPM 1.2, or if unknown.</summary>
    public TpmLockout? TpmLockout { get; private set; }

    /// <summary>Problems that need an administrator: the reasons why the broker is degraded or, first in the list, down (tpmLost).</summary>
    public ResultList<StatusWarning> Warnings { get; private set; } = null!;

    /// <summary>The limits in force.</summary>
    public Limits Limits { get; private set; } = null!;

    /// <summary>The endpoints that are open.</summary>
    public ResultList<StatusEndpoint> Endpoints { get; private set; } = null!;

    internal static Status Read(JsonValue json) => new()
    {
        Version = json.Text("version"),
        ProcessId = json.Int64("processId"),
        StartedAt = json.Time("startedAt"),
        Mode = json.Named("mode", BrokerMode.Unknown),
        State = json.Named("state", BrokerState.Unknown),
        Health = json.Named("health", BrokerHealth.Unknown),
        HealthSince = json.Time("healthSince"),
        Tpm = json.ObjectOrNull("tpm", DeviceInfo.Read),
        StandIn = json.ObjectOrNull("standIn", StandIn.Read),
        Caller = StatusCaller.Read(json["caller"]),
        Contexts = json.Int64("contexts"),
        Queue = QueueState.Read(json["queue"]),
        Cancellation = json.Named("cancellation", CommandCancellation.Unknown),
        Costs = new(json.List("costs", CommandCost.Read)),
        TpmLockout = json.ObjectOrNull("tpmLockout", TpmLockout.Read),
        Warnings = new(json.List("warnings", StatusWarning.Read)),
        Limits = Limits.Read(json["limits"]),
        Endpoints = new(json.List("endpoints", StatusEndpoint.Read)),
    };
}
