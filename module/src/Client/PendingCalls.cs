using System.Collections.Generic;

namespace TpmTbs.Client;

/// <summary>The calls of a connection that wait for their answers, by the ids of their requests. The connection's lock guards it.</summary>
internal sealed class PendingCalls
{
    private readonly Dictionary<int, PendingCall> calls = new();
    private int lastId;

    internal int Count => calls.Count;

    internal PendingCall[] All
    {
        get
        {
            PendingCall[] all = new PendingCall[calls.Count];
            calls.Values.CopyTo(all, 0);
            return all;
        }
    }

    /// <summary>Returns the id of the next request.</summary>
    internal int NextId()
    {
        // Ids wrap after 31 bits; a call still holding a low id has long since timed out.
        lastId = lastId == int.MaxValue ? 1 : lastId + 1;
        return lastId;
    }

    /// <summary>Adds a call and returns the id of its request.</summary>
    internal int Add(PendingCall call)
    {
        int id = NextId();
        calls[id] = call;
        return id;
    }

    internal void Remove(int id) => calls.Remove(id);

    /// <summary>Returns the call with this id, which may come from anybody; null if there is none.</summary>
    internal PendingCall? Find(long id) =>
        id is > 0 and <= int.MaxValue && calls.TryGetValue((int)id, out PendingCall? call) ? call : null;

    /// <summary>Returns a call that has neither an answer nor failed, so that its thread can read from now on.</summary>
    internal PendingCall? FirstOpen()
    {
        foreach (PendingCall call in calls.Values)
        {
            if (call.IsOpen) return call;
        }
        return null;
    }
}
