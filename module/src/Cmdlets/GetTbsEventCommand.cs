using System;
using System.Collections.Concurrent;
using System.Management.Automation;
using TpmTbs.Client;

namespace TpmTbs.Cmdlets;

/// <summary>Shows the broker's decisions: refusals, failures, lockouts, changes.</summary>
/// <remarks>
/// Returns the latest events and, with -Follow, new ones until Ctrl+C. With -Kind it returns the latest events of these
/// kinds, as far as they are among the last 1000 events. Administrators see all events, others those about themselves.
/// Events report who, what and why, but never the contents of commands.
/// </remarks>
/// <example>
/// <code>Get-TbsEvent -Newest 5</code>
/// <para>Shows the five latest events.</para>
/// </example>
/// <example>
/// <code>Get-TbsEvent -Follow -Kind commandRefused, lockoutBegan</code>
/// <para>Shows refusals and lockouts as they happen.</para>
/// </example>
/// <seealso>Get-TbsStatus</seealso>
[Cmdlet(VerbsCommon.Get, "TbsEvent")]
[OutputType(typeof(Event))]
public sealed class GetTbsEventCommand : TbsCmdlet
{
    /// <summary>The most past events that the broker returns.</summary>
    private const int Most = 1000;

    /// <summary>How many past events to return; with -Kind: how many of these kinds.</summary>
    [Parameter(Position = 0)]
    [ValidateRange(0, Most)]
    public int Newest { get; set; } = 100;

    /// <summary>Only events of these kinds.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("Kinds")]
    [ValidateSet("commandRefused", "authorizationFailed", "lockoutBegan", "lockoutEnded", "policyChanged", "listChanged", "administration", "ownerAuthorization", "tpmLost", "tpmReturned", "tpmReset", "warning")]
    public string[]? Kind { get; set; }

    /// <summary>Continues with new events as they happen.</summary>
    [Parameter]
    public SwitchParameter Follow { get; set; }

    /// <summary>With -Follow: stops after this many seconds.</summary>
    [Parameter]
    [ValidateRange(0.001, 86400000)]
    public double TimeoutSeconds { get; set; }

    /// <inheritdoc/>
    protected override void Process()
    {
        if (Follow)
        {
            FollowEvents();
            return;
        }
        WritePast(Call("event/subscribe", Parameters(), static json => json));
    }

    /// <summary>Uses a separate connection, so that following ends with the cmdlet.</summary>
    private void FollowEvents()
    {
        Deadline? deadline = TimeoutSeconds > 0 ? Deadline.In(TimeSpan.FromSeconds(TimeoutSeconds)) : null;
        // The reader thread must not wait for the pipeline. The broker limits how much a subscriber may leave unread.
        using BlockingCollection<Event> arrived = new();
        using BrokerConnection connection = BrokerClient.Open(StopToken);
        connection.Notified = (_, one) => arrived.Add(Event.Read(one));
        connection.Ended = _ => arrived.CompleteAdding();
        try
        {
            WritePast(connection.Call("event/subscribe", Parameters(), null, StopToken));
            WriteAsTheyArrive(arrived, deadline);
        }
        catch (ConnectionEndedException exception)
        {
            throw TbsErrors.NotRunning(connection.Path, "it closed the connection", exception);
        }
        if (deadline is not { HasPassed: true }) throw TbsErrors.NotRunning(connection.Path, "it closed the connection");
    }

    /// <summary>Runs until the deadline, or until the connection has ended and every event received before is
    /// written.</summary>
    private void WriteAsTheyArrive(BlockingCollection<Event> arrived, Deadline? deadline)
    {
        while (!arrived.IsCompleted && deadline is not { HasPassed: true })
        {
            int patience = deadline is { } limit ? Math.Min(limit.RemainingMilliseconds, 1000) : 1000;
            if (arrived.TryTake(out Event? one, patience, StopToken) && IsWanted(one)) WriteObject(one);
        }
    }

    /// <summary>Asks for all past events if some are of other kinds, which the broker does not leave out.</summary>
    private RpcParameters Parameters() => new() { ["recent"] = Kind is null || Newest == 0 ? Newest : Most, ["follow"] = Follow.IsPresent };

    private void WritePast(JsonValue answer)
    {
        Event[] wanted = Array.FindAll(answer.List("recent", Event.Read), IsWanted);
        for (int next = Math.Max(0, wanted.Length - Newest); next < wanted.Length; next++) WriteObject(wanted[next]);
    }

    private bool IsWanted(Event one) =>
        Kind is null || Array.Exists(Kind, kind => string.Equals(kind, one.Kind.ToString(), StringComparison.OrdinalIgnoreCase));
}
