using System;
using System.Threading;
using TpmTbs.Client;
using Xunit;

namespace TpmTbs.Tests;

/// <summary>
/// Tests the client against a broker with a software TPM, which tools/test-client.mjs starts. .NET Framework has no Unix sockets
/// and Mono no named pipes, so the bytes go through a socket of the tests; everything above it is the client's own code.
/// </summary>
public sealed class RealBrokerTests : IDisposable
{
    private readonly BrokerConnection connection;

    public RealBrokerTests()
    {
        string? path = Environment.GetEnvironmentVariable("TPMTBS_TEST_BROKER");
        Assert.SkipUnless(!string.IsNullOrEmpty(path), "No broker: tools/test-client.mjs starts one.");
        connection = new BrokerConnection(path!, new TestSocketTransport(path!), TimeSpan.FromSeconds(30));
    }

    public void Dispose() => connection?.Dispose();

    [Fact]
    public void Reads_status_lockout_and_policy()
    {
        JsonValue status = Call("status/get", null);
        Assert.Equal(BrokerState.Running, status.Named("state", BrokerState.Unknown));
        Assert.InRange(status.Time("startedAt"), DateTimeOffset.Now.AddHours(-1), DateTimeOffset.Now);
        Assert.False(QueueState.Read(status["queue"]).InFlight);
        Assert.Equal("2.0", DeviceInfo.Read(Call("device/get", null)).TpmVersion);
        Lockout lockout = Lockout.Read(Call("lockout/get", null));
        Assert.Equal(4, lockout.IndividualThreshold);
        Assert.NotEmpty(Call("policy/get", null).List("settings", static one => one.Text("name")));
    }

    [Fact]
    public void Submits_a_command_and_reads_its_response()
    {
        RpcParameters parameters = new() { ["command"] = "gAEAAAAMAAABewAI", ["priority"] = 200L, ["locality"] = 0 };
        CommandResult result = CommandResult.Read(Call("command/submit", parameters));
        Assert.Equal(0u, result.ResponseCode);
        Assert.Equal(20, result.Response.Length);
    }

    [Fact]
    public void Reads_a_refusal()
    {
        TbsException exception = Assert.Throws<TbsException>(() => Call("command/submit", new RpcParameters { ["command"] = "gAE=" }));
        Assert.Equal("TBS_E_BAD_PARAMETER", exception.Symbol);
    }

    [Fact]
    public void Takes_names_outside_ASCII_through_and_back()
    {
        TbsException exception = Assert.Throws<TbsException>(() => Call("commandBlock/test", new RpcParameters { ["command"] = "Grüße 世界" }));
        Assert.Contains("Grüße 世界", exception.Message);
    }

    [Fact]
    public void Reads_the_whole_list_of_commands()
    {
        JsonValue list = Call("commandBlock/list", new RpcParameters { ["tpmVersion"] = "2.0" });
        Assert.True(list.List("commands", CommandBlock.Read).Length > 100);
    }

    private JsonValue Call(string method, RpcParameters? parameters) => connection.Call(method, parameters, null, CancellationToken.None);
}
