using System;
using System.Collections.Concurrent;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using TpmTbs.Client;
using Xunit;

namespace TpmTbs.Tests;

public sealed class BrokerConnectionTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly ScriptedTransport transport = new();
    private readonly BrokerConnection connection;

    public BrokerConnectionTests() => connection = new BrokerConnection("/nowhere", transport, Patience);

    public void Dispose() => connection.Dispose();

    [Fact]
    public async Task Returns_the_result_of_its_own_request()
    {
        Task<string> call = Call("status/get");
        JsonValue request = transport.NextRequest();
        Assert.Equal("2.0", request.Text("jsonrpc"));
        Assert.Equal("status/get", request.Text("method"));
        transport.Send(Messages.Result(request.Int32("id") + 1000, "\"somebody else's\""));
        transport.Send(Messages.Result(request.Int32("id"), "\"mine\""));
        Assert.Equal("mine", await call);
    }

    [Fact]
    public async Task Gives_each_caller_its_answer_whatever_the_order_and_the_packets()
    {
        Task<string>[] calls = Enumerable.Range(0, 50).Select(number => Call("x" + number.ToString(CultureInfo.InvariantCulture))).ToArray();
        JsonValue[] requests = calls.Select(_ => transport.NextRequest()).ToArray();
        byte[] answers = Messages.Joined(requests.Reverse().Select(request => Messages.Result(request.Int32("id"), $"\"{request.Text("method")}\"")));
        for (int at = 0; at < answers.Length; at += 37) transport.Send(answers.Skip(at).Take(37).ToArray());
        string[] results = await Task.WhenAll(calls);
        Assert.Equal(Enumerable.Range(0, 50).Select(static number => "x" + number.ToString(CultureInfo.InvariantCulture)), results);
    }

    [Fact]
    public async Task Reports_the_brokers_error_with_symbol_message_and_code()
    {
        Task<string> call = Call("lockout/reset");
        int id = transport.NextRequest().Int32("id");
        transport.Send(Messages.Framed("{\"jsonrpc\":\"2.0\",\"id\":" + id.ToString(CultureInfo.InvariantCulture)
            + ",\"error\":{\"code\":-2144845806,\"message\":\"No.\",\"data\":{\"symbol\":\"TBS_E_ACCESS_DENIED\",\"action\":\"Ask.\"}}}"));
        TbsException exception = await Assert.ThrowsAsync<TbsException>(() => call);
        Assert.Equal("TBS_E_ACCESS_DENIED", exception.Symbol);
        Assert.Equal(0x80284012u, exception.ResultCode);
        Assert.Equal("No.", exception.Message);
        Assert.Equal("Ask.", exception.RecommendedAction);
    }

    [Fact]
    public async Task Ends_the_call_wherever_the_peer_closes()
    {
        byte[] answer = Messages.Result(1, "\"whole\"");
        for (int cut = 0; cut < answer.Length; cut++)
        {
            ScriptedTransport peer = new();
            using BrokerConnection one = new("/nowhere", peer, Patience);
            Task<string> call = Call("status/get", one);
            Assert.Equal(1, peer.NextRequest().Int32("id"));
            peer.Send(answer.Take(cut).ToArray());
            peer.Close();
            await Assert.ThrowsAsync<ConnectionEndedException>(() => call);
            Assert.True(one.IsLost);
        }
    }

    [Fact]
    public async Task Keeps_an_answer_that_arrived_before_the_peer_closed()
    {
        Task<string> call = Call("status/get");
        transport.NextRequest();
        transport.Send(Messages.Result(1, "\"whole\""));
        transport.Close();
        Assert.Equal("whole", await call);
    }

    public static TheoryData<string> Hostile => new()
    {
        "Content-Length: 1073741824\r\n\r\n{",
        "HTTP/1.1 200 OK\r\nServer: something that is no broker at all, and writes long headers\r\n\r\n",
        "Content-Length: 3\r\n\r\n[1]",
        "Content-Length: 2\r\n\r\n{}",
        "Content-Length: 9\r\n\r\n{\"id\":{}}",
        "Content-Length: 4\r\n\r\nnull",
        "Content-Length: 5\r\n\r\nfalse",
    };

    [Theory]
    [MemberData(nameof(Hostile))]
    public async Task Ends_the_connection_at_what_is_not_the_protocol(string bytes)
    {
        Task<string> call = Call("status/get");
        transport.NextRequest();
        transport.Send(Messages.Bytes(bytes));
        ConnectionEndedException exception = await Assert.ThrowsAsync<ConnectionEndedException>(() => call);
        Assert.IsType<ProtocolException>(exception.InnerException);
    }

    [Fact]
    public async Task Ends_the_connection_at_a_message_that_is_not_UTF_8()
    {
        Task<string> call = Call("status/get");
        transport.NextRequest();
        transport.Send(Messages.Framed(new byte[] { 0x7B, 0xFF, 0xFE, 0x7D }));
        await Assert.ThrowsAsync<ConnectionEndedException>(() => call);
    }

    [Fact]
    public async Task Repeats_the_brokers_last_word_before_it_closed()
    {
        Task<string> call = Call("status/get");
        transport.NextRequest();
        transport.Send(Messages.Framed("{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32000,\"message\":\"Too many connections.\"}}"));
        ConnectionEndedException exception = await Assert.ThrowsAsync<ConnectionEndedException>(() => call);
        Assert.Equal("Too many connections.", exception.Message);
    }

    [Fact]
    public async Task Hands_over_notifications_in_order_between_answers()
    {
        ConcurrentQueue<string> heard = new();
        connection.Notified = (method, parameters) => heard.Enqueue(method + " " + parameters.Text("n"));
        Task<string> call = Call("event/subscribe");
        transport.NextRequest();
        transport.Send(Messages.Joined(new[]
        {
            Messages.Framed("{\"jsonrpc\":\"2.0\",\"method\":\"event/occurred\",\"params\":{\"n\":\"1\"}}"),
            Messages.Framed("{\"jsonrpc\":\"2.0\",\"method\":\"event/occurred\",\"params\":{\"n\":\"2\"}}"),
            Messages.Result(1, "\"subscribed\""),
        }));
        Assert.Equal("subscribed", await call);
        Assert.Equal(new[] { "event/occurred 1", "event/occurred 2" }, heard);
    }

    [Fact]
    public async Task Stops_waiting_when_the_caller_is_stopped_and_serves_the_next_call()
    {
        using CancellationTokenSource stopping = new();
        Task<string> stopped = OnThread(() => connection.Call("slow", null, null, stopping.Token).AsText());
        transport.NextRequest();
        stopping.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stopped);
        Task<string> next = Call("status/get");
        int id = transport.NextRequest().Int32("id");
        transport.Send(Messages.Result(1, "\"too late\""));
        transport.Send(Messages.Result(id, "\"next\""));
        Assert.Equal("next", await next);
    }

    [Fact]
    public void Gives_up_at_the_deadline_of_the_call()
    {
        Assert.ThrowsAny<OperationCanceledException>(() => connection.Call("slow", null, Deadline.In(TimeSpan.FromMilliseconds(50)), CancellationToken.None));
        Assert.False(connection.IsLost);
    }

    [Fact]
    public async Task Pings_a_silent_broker_and_then_reports_that_it_shows_no_sign_of_life()
    {
        ScriptedTransport peer = new();
        using BrokerConnection one = new("/nowhere", peer, TimeSpan.FromMilliseconds(300));
        Task<string> call = Call("command/submit", one);
        Assert.Equal("command/submit", peer.NextRequest().Text("method"));
        Assert.Equal("connection/ping", peer.NextRequest().Text("method"));
        TbsException exception = await Assert.ThrowsAsync<TbsException>(() => call);
        Assert.Equal("TBS_E_SERVICE_NOT_RUNNING", exception.Symbol);
        Assert.True(exception.EndsCommand);
        Assert.True(one.IsLost);
    }

    [Fact]
    public async Task Passes_reading_on_when_the_caller_that_reads_gives_up()
    {
        using CancellationTokenSource stopping = new();
        Task<string> reading = OnThread(() => connection.Call("slow", null, null, stopping.Token).AsText());
        transport.NextRequest();
        Task<string>[] others = Enumerable.Range(0, 3).Select(_ => Call("status/get")).ToArray();
        int[] ids = others.Select(_ => transport.NextRequest().Int32("id")).ToArray();
        stopping.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
        foreach (int id in ids.Reverse()) transport.Send(Messages.Result(id, "\"answered\""));
        Assert.All(await Task.WhenAll(others), static text => Assert.Equal("answered", text));
    }

    [Fact]
    public async Task Hears_notifications_between_calls_if_it_listens()
    {
        ScriptedTransport peer = new();
        using BrokerConnection one = new("/nowhere", peer, Patience, listens: true);
        TaskCompletionSource<string> heard = new();
        one.Notified = (method, _) => heard.TrySetResult(method);
        peer.Send(Messages.Framed("{\"jsonrpc\":\"2.0\",\"method\":\"event/occurred\",\"params\":{}}"));
        Assert.Equal("event/occurred", await heard.Task);
        TaskCompletionSource<Exception> ended = new();
        one.Ended = exception => ended.TrySetResult(exception);
        peer.Close();
        Assert.IsType<EndOfStreamException>(await ended.Task);
    }

    [Fact]
    public void Notices_at_the_next_use_that_the_broker_has_closed()
    {
        Assert.False(connection.IsLost);
        transport.Close();
        Assert.True(connection.IsLost);
    }

    [Fact]
    public void Is_not_lost_because_the_transport_looks_closed_while_its_bytes_are_taken()
    {
        ScriptedTransport peer = new();
        using BrokerConnection one = new("/nowhere", peer, Patience, listens: true);
        peer.FalseAlarms = 2;
        Assert.False(one.IsLost);
        peer.Close();
        Assert.True(one.IsLost);
    }

    [Fact]
    public void Reports_the_refusal_that_arrived_before_a_request_could_not_be_written()
    {
        transport.Send(Messages.Framed("{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32000,\"message\":\"Too many connections.\"}}"));
        transport.WriteFailure = new IOException("broken pipe");
        ConnectionEndedException exception = Assert.Throws<ConnectionEndedException>(() => connection.Call("status/get", null, null, CancellationToken.None));
        Assert.Equal("Too many connections.", exception.Message);
    }

    [Fact]
    public void Fails_a_call_whose_request_cannot_be_written()
    {
        transport.WriteFailure = new IOException("broken pipe");
        Assert.Throws<ConnectionEndedException>(() => connection.Call("status/get", null, null, CancellationToken.None));
        Assert.True(connection.IsLost);
    }

    [Fact]
    public async Task Has_no_more_than_127_calls_under_way_and_lets_the_next_follow()
    {
        Task<string>[] calls = Enumerable.Range(0, 140).Select(_ => Call("slow")).ToArray();
        int[] first = Enumerable.Range(0, 127).Select(_ => transport.NextRequest().Int32("id")).ToArray();
        foreach (int id in first) transport.Send(Messages.Result(id, "\"done\""));
        for (int more = 127; more < 140; more++) transport.Send(Messages.Result(transport.NextRequest().Int32("id"), "\"done\""));
        Assert.All(await Task.WhenAll(calls), static text => Assert.Equal("done", text));
    }

    private Task<string> Call(string method, BrokerConnection? other = null) =>
        OnThread(() => (other ?? connection).Call(method, null, null, CancellationToken.None).AsText());

    /// <summary>Runs a call on its own thread, since a call blocks and the pool has few threads.</summary>
    private static Task<string> OnThread(Func<string> call) =>
        Task.Factory.StartNew(call, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}
