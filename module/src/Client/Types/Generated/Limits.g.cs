// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.
#nullable enable
using System;
using TpmTbs.Client;

namespace TpmTbs;

/// <summary>The limits in force, by their names in tbsd.json.</summary>
public sealed partial class Limits
{
    /// <summary>Open connections to one endpoint, of all users together.</summary>
    public long Connections { get; private set; }

    /// <summary>Open connections of one user who is not an administrator.</summary>
    public long ConnectionsPerUser { get; private set; }

    /// <summary>Length of a JSON-RPC message from an administrator, in bytes.</summary>
    public long MessageBytes { get; private set; }

    /// <summary>Length of a JSON-RPC message from anybody else, in bytes.</summary>
    public long UserMessageBytes { get; private set; }

    /// <summary>Memory for one user, over all connections, in bytes.</summary>
    public long BytesPerUser { get; private set; }

    /// <summary>Commands in the queue, of all users together.</summary>
    public long QueuedSubmissions { get; private set; }

    /// <summary>Commands in the queue, of one user.</summary>
    public long QueuedSubmissionsPerUser { get; private set; }

    /// <summary>Commands in the queue, of one context.</summary>
    public long QueuedSubmissionsPerContext { get; private set; }

    /// <summary>Replies that a client has not read, per connection, in bytes.</summary>
    public long UnreadReplyBytes { get; private set; }

    /// <summary>Saved authorization sessions of one user whose connection has ended; beyond it, the oldest is flushed.</summary>
    public long SavedSessionsPerUser { get; private set; }

    /// <summary>Connections of one user that follow events at the same time.</summary>
    public long EventSubscribers { get; private set; }

    internal static Limits Read(JsonValue json) => new()
    {
        Connections = json.Int64("connections"),
        ConnectionsPerUser = json.Int64("connectionsPerUser"),
        MessageBytes = json.Int64("messageBytes"),
        UserMessageBytes = json.Int64("userMessageBytes"),
        BytesPerUser = json.Int64("bytesPerUser"),
        QueuedSubmissions = json.Int64("queuedSubmissions"),
        QueuedSubmissionsPerUser = json.Int64("queuedSubmissionsPerUser"),
        QueuedSubmissionsPerContext = json.Int64("queuedSubmissionsPerContext"),
        UnreadReplyBytes = json.Int64("unreadReplyBytes"),
        SavedSessionsPerUser = json.Int64("savedSessionsPerUser"),
        EventSubscribers = json.Int64("eventSubscribers"),
    };

    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant($"Connections: {Connections}, ConnectionsPerUser: {ConnectionsPerUser}, MessageBytes: {MessageBytes}, UserMessageBytes: {UserMessageBytes}, BytesPerUser: {BytesPerUser}, QueuedSubmissions: {QueuedSubmissions}, QueuedSubmissionsPerUser: {QueuedSubmissionsPerUser}, QueuedSubmissionsPerContext: {QueuedSubmissionsPerContext}, UnreadReplyBytes: {UnreadReplyBytes}, SavedSessionsPerUser: {SavedSessionsPerUser}, EventSubscribers: {EventSubscribers}");
}
