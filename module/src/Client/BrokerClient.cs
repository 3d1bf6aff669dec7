using System;
using System.Globalization;
using System.Threading;

namespace TpmTbs.Client;

/// <summary>
/// The process's connection to the broker, shared by its runspaces: opened on first use, then reused, and reopened if it is
/// lost or $TPMTBS_SOCKET changes. Contexts last as long as the connection.
/// </summary>
internal static class BrokerClient
{
    private static readonly object Gate = new();
    private static readonly TimeSpan DefaultLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestLimit = TimeSpan.FromSeconds(int.MaxValue);
    private static BrokerConnection? current;

    /// <summary>
    /// How long the broker may stay silent: $TPMTBS_BROKER_TIMEOUT in seconds, as for `tbs`. Default 30; 0 means no limit.
    /// </summary>
    internal static TimeSpan SilenceLimit
    {
        get
        {
            string? text = Environment.GetEnvironmentVariable("TPMTBS_BROKER_TIMEOUT");
            if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double seconds)) return DefaultLimit;
            if (seconds == 0) return LongestLimit;
            return seconds is > 0 and < int.MaxValue ? TimeSpan.FromSeconds(seconds) : DefaultLimit;
        }
    }

    /// <summary>
    /// Calls a method and converts its result with <paramref name="read"/>. Retries once if the connection ends during the
    /// call and the method changes nothing.
    /// </summary>
    internal static T Call<T>(string method, RpcParameters? parameters, Func<JsonValue, T> read, CancellationToken stopping)
    {
        bool repeated = false;
        while (true)
        {
            try
            {
                return read(Connect(SilenceLimit, stopping).Call(method, parameters, null, stopping));
            }
            catch (ConnectionEndedException exception) when (exception.InnerException is TbsException refusal)
            {
                throw refusal;
            }
            catch (ConnectionEndedException) when (!repeated && IsRepeatable(method))
            {
                repeated = true;
            }
            catch (ConnectionEndedException exception)
            {
                throw TbsErrors.ConnectionLost(method, exception.Message, exception.InnerException);
            }
            catch (Exception exception) when (exception is ProtocolException or OverflowException)
            {
                throw TbsErrors.OtherProtocol(exception);
            }
        }
    }

    /// <summary>Calls a method for tab completion and waits at most 300 ms; returns null if there is no answer by then.</summary>
    internal static T? CallBriefly<T>(string method, Func<JsonValue, T> read) where T : class
    {
        TimeSpan limit = TimeSpan.FromMilliseconds(300);
        try
        {
            Deadline deadline = Deadline.In(limit);
            return read(Connect(limit, CancellationToken.None).Call(method, null, deadline, CancellationToken.None));
        }
        catch (Exception exception) when (exception is TbsException or ConnectionEndedException or OperationCanceledException or ProtocolException)
        {
            return null;
        }
    }

    /// <summary>Whether a broker answers a ping.</summary>
    internal static bool Answers => CallBriefly("connection/ping", static result => result) is not null;

    /// <summary>Opens a separate connection, for instance for notifications. The caller disposes of it.</summary>
    internal static BrokerConnection Open(CancellationToken stopping)
    {
        string path = BrokerAddress.Current;
        return new BrokerConnection(path, BrokerAddress.Connect(path, Deadline.In(SilenceLimit), stopping), SilenceLimit, listens: true);
    }

    /// <summary>Sends a request on the existing connection, if any, without waiting for a response.</summary>
    internal static void SendOnly(string method, RpcParameters? parameters)
    {
        BrokerConnection? connection;
        lock (Gate) connection = current;
        connection?.SendOnly(method, parameters);
    }

    /// <summary>Closes the connection; the next call opens a new one.</summary>
    internal static void Close()
    {
        lock (Gate)
        {
            current?.Dispose();
            current = null;
        }
    }

    private static BrokerConnection Connect(TimeSpan limit, CancellationToken stopping)
    {
        string path = BrokerAddress.Current;
        Deadline deadline = Deadline.In(limit);
        // Another runspace may be stuck connecting to a broker that does not accept; Ctrl+C must still work.
        while (!Monitor.TryEnter(Gate, 50))
        {
            stopping.ThrowIfCancellationRequested();
            if (deadline.HasPassed) throw TbsErrors.NoSignOfLife(path);
        }
        try
        {
            BrokerConnection? earlier = current;
            if (earlier is not null && string.Equals(earlier.Path, path, StringComparison.Ordinal) && !earlier.IsLost) return earlier;
            current = null;
            // If another runspace still has calls in progress on the old connection, let them finish.
            if (earlier is not null && earlier.IsIdle) earlier.Dispose();
            return current = new BrokerConnection(path, BrokerAddress.Connect(path, deadline, stopping), SilenceLimit);
        }
        finally
        {
            Monitor.Exit(Gate);
        }
    }

    /// <summary>Methods that change nothing can safely be repeated if the broker restarts during the call.</summary>
    private static bool IsRepeatable(string method) =>
        method.EndsWith("/get", StringComparison.Ordinal) || method.EndsWith("/list", StringComparison.Ordinal)
        || method.EndsWith("/test", StringComparison.Ordinal);
}
