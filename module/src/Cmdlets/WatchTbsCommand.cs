using System;
using System.Collections.Generic;
using System.Management.Automation;
using TpmTbs.Client;

namespace TpmTbs.Cmdlets;

/// <summary>Watches the broker: returns its state, queue, activity, resources and refusals at regular
/// intervals.</summary>
/// <remarks>
/// Returns one object immediately and one after each interval, until Ctrl+C or until -Count objects have been
/// returned. The object has the data of the live view `tbs top`: the status with the TPM's own lockout, the queued
/// commands by priority and user, the commands of the last interval with their rates and durations, the lockout of
/// users, the objects and sessions that users hold, and the latest refusals. Administrators and observers see
/// everybody's data; others see their own, without the activity.
/// </remarks>
/// <example>
/// <code>Watch-Tbs -IntervalSeconds 5</code>
/// <para>Shows the broker every five seconds.</para>
/// </example>
/// <example>
/// <code>Watch-Tbs -IntervalSeconds 10 -Count 6 | ForEach-Object { $_.Activity.Commands } | Export-Csv activity.csv</code>
/// <para>Records what the TPM did during one minute.</para>
/// </example>
/// <seealso>Get-TbsStatus</seealso>
[Cmdlet(VerbsCommon.Watch, "Tbs")]
[OutputType(typeof(BrokerSnapshot))]
public sealed class WatchTbsCommand : TbsCmdlet
{
    /// <summary>Seconds between two objects.</summary>
    [Parameter(Position = 0)]
    [ValidateRange(1, 60)]
    public int IntervalSeconds { get; set; } = 5;

    /// <summary>Ends after this many objects; 0: ends only on Ctrl+C.</summary>
    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    public int Count { get; set; }

    /// <summary>The number of latest refusals in each object.</summary>
    [Parameter]
    [ValidateRange(0, 1000)]
    public int Refusals { get; set; } = 20;

    /// <inheritdoc/>
    protected override void Process()
    {
        for (int taken = 0; Count == 0 || taken < Count; taken++)
        {
            if (taken > 0 && StopToken.WaitHandle.WaitOne(TimeSpan.FromSeconds(IntervalSeconds))) return;
            WriteObject(Take());
        }
    }

    private BrokerSnapshot Take()
    {
        Status status = Call("status/get", Status.Read);
        StatusCaller caller = status.Caller;
        bool seesAll = caller.CallerClass == CallerClass.Administrator || caller.IsObserver;
        RpcParameters period = new() { ["seconds"] = IntervalSeconds };
        return new BrokerSnapshot
        {
            Time = DateTimeOffset.UtcNow,
            Status = status,
            Queue = caller.CallerClass == CallerClass.SandboxedApp ? null : Call("queue/get", Queue.Read),
            Activity = seesAll ? Call("activity/get", period, Activity.Read) : null,
            Lockout = Call("lockout/get", Lockout.Read),
            Contexts = new(Call("context/list", static json => json.List("contexts", Context.Read))),
            Resources = new(Call("resource/list", static json => json.List("resources", Resource.Read))),
            Refusals = new(LatestRefusals()),
        };
    }

    private Event[] LatestRefusals()
    {
        RpcParameters parameters = new() { ["recent"] = 1000, ["follow"] = false };
        List<Event> refusals = [];
        foreach (Event one in Call("event/subscribe", parameters, static json => json.List("recent", Event.Read)))
        {
            if (one.Kind == EventKind.CommandRefused) refusals.Add(one);
        }
        refusals.Reverse();
        if (refusals.Count > Refusals) refusals.RemoveRange(Refusals, refusals.Count - Refusals);
        return refusals.ToArray();
    }
}
