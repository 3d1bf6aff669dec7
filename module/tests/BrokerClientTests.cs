#if NET
using System;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using TpmTbs.Client;
using Xunit;

namespace TpmTbs.Tests;

/// <summary>The client over real Unix sockets. Tests run one at a time, since the process has only one client.</summary>
[Collection(nameof(BrokerClient))]
public sealed class BrokerClientTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("tbs-").FullName;
    private readonly string? earlier = Environment.GetEnvironmentVariable("TPMTBS_SOCKET");

    public BrokerClientTests() => Environment.SetEnvironmentVariable("TPMTBS_SOCKET", SocketPath);

    public void Dispose()
    {
        BrokerClient.Close();
        Environment.SetEnvironmentVariable("TPMTBS_SOCKET", earlier);
        Environment.SetEnvironmentVariable("TPMTBS_BROKER_TIMEOUT", null);
        Directory.Delete(folder, true);
    }

    private string SocketPath => folder + "/rpc.sock";

    [Fact]
    public async Task Uses_one_connection_for_all_calls_and_threads()
    {
        using ListeningPeer peer = new(SocketPath);
        Task<string>[] calls = Enumerable.Range(0, 30).Select(number => Task.Factory.StartNew(
            () => Call("call" + number), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToArray();
        string[] results = await Task.WhenAll(calls);
        Assert.Equal(Enumerable.Range(0, 30).Select(static number => "call" + number), results);
        Assert.Equal(1, peer.Connections);
    }

    [Fact]
    public void Connects_anew_when_the_broker_was_restarted()
    {
        using (ListeningPeer first = new(SocketPath)) Assert.Equal("status/get", Call("status/get"));
        File.Delete(SocketPath);
        using ListeningPeer second = new(SocketPath);
        Assert.Equal("command/submit", Call("command/submit"));
    }

    [Fact]
    public void Connects_anew_when_the_environment_names_another_socket()
    {
        using ListeningPeer first = new(SocketPath);
        Assert.Equal("status/get", Call("status/get"));
        using ListeningPeer second = new(folder + "/other.sock");
        Environment.SetEnvironmentVariable("TPMTBS_SOCKET", folder + "/other.sock");
        Assert.Equal("status/get", Call("status/get"));
        Assert.Equal(1, second.Connections);
    }

    [Fact]
    public void Repeats_a_call_that_changes_nothing_when_the_connection_ends_under_it()
    {
        using ListeningPeer peer = new(SocketPath) { DropsFirstConnection = true };
        Assert.Equal("status/get", Call("status/get"));
        Assert.Equal(2, peer.Connections);
    }

    [Fact]
    public void Does_not_repeat_a_change()
    {
        using ListeningPeer peer = new(SocketPath) { DropsFirstConnection = true };
        TbsException exception = Assert.Throws<TbsException>(() => Call("lockout/reset"));
        Assert.Contains("whether it took effect is not known", exception.Message);
        Assert.Equal(1, peer.Connections);
    }

    [Fact]
    public void Says_that_no_broker_runs()
    {
        Assert.Equal("TBS_E_SERVICE_NOT_RUNNING", Assert.Throws<TbsException>(() => Call("status/get")).Symbol);
        using (ListeningPeer peer = new(SocketPath)) Assert.True(File.Exists(SocketPath));
        Assert.Equal("TBS_E_SERVICE_NOT_RUNNING", Assert.Throws<TbsException>(() => Call("status/get")).Symbol);
    }

    [Fact]
    public void Gives_up_on_a_broker_that_accepts_and_stays_silent()
    {
        Environment.SetEnvironmentVariable("TPMTBS_BROKER_TIMEOUT", "0.3");
        using ListeningPeer peer = new(SocketPath) { IsSilent = true };
        Assert.Contains("no sign of life", Assert.Throws<TbsException>(() => Call("status/get")).Message);
    }

    [Theory]
    [InlineData(null, 30)]
    [InlineData("", 30)]
    [InlineData("5", 5)]
    [InlineData("0.25", 0.25)]
    [InlineData("-1", 30)]
    [InlineData("NaN", 30)]
    [InlineData("soon", 30)]
    [InlineData("1e300", 30)]
    public void Takes_the_limit_of_silence_from_the_environment(string? text, double expectedSeconds)
    {
        Environment.SetEnvironmentVariable("TPMTBS_BROKER_TIMEOUT", text);
        Assert.Equal(expectedSeconds, BrokerClient.SilenceLimit.TotalSeconds);
    }

    [Fact]
    public void Refuses_a_path_that_is_too_long_for_a_socket()
    {
        Environment.SetEnvironmentVariable("TPMTBS_SOCKET", "/tmp/" + new string('x', 110));
        Assert.Equal("TBS_E_BAD_PARAMETER", Assert.Throws<TbsException>(() => Call("status/get")).Symbol);
    }

    [Fact]
    public void Does_not_connect_to_a_socket_in_somebody_elses_folder()
    {
        RequireRoot();
        using ListeningPeer peer = new(SocketPath);
        Assert.Equal(0, UnixOwner.Change(folder, 1));
        TbsException exception = Assert.Throws<TbsException>(() => Call("status/get"));
        Assert.Equal("TBS_E_ACCESS_DENIED", exception.Symbol);
        Assert.Contains("belongs to user 1", exception.Message);
        Assert.Equal(0, peer.Connections);
    }

    [Fact]
    public void Does_not_connect_to_a_socket_that_belongs_to_somebody_else()
    {
        RequireRoot();
        using ListeningPeer peer = new(SocketPath);
        Assert.Equal(0, UnixOwner.Change(SocketPath, 1));
        Assert.Equal("TBS_E_ACCESS_DENIED", Assert.Throws<TbsException>(() => Call("status/get")).Symbol);
        Assert.Equal(0, peer.Connections);
    }

    private static void RequireRoot() => Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root can give a file to another user.");

    private static string Call(string method) => BrokerClient.Call(method, null, static result => result.AsText(), CancellationToken.None);
}
#endif
