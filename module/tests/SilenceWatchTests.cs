using TpmTbs.Client;
using Xunit;

namespace TpmTbs.Tests;

public sealed class SilenceWatchTests
{
    private const long Limit = 30_000;

    private readonly SilenceWatch watch = new(Limit, 0);

    [Fact]
    public void Waits_for_a_third_of_the_limit_then_pings_once_then_gives_up_at_the_limit()
    {
        Assert.Equal(SilenceVerdict.Wait, watch.Judge(9_999, 0));
        Assert.Equal(SilenceVerdict.Ping, watch.Judge(10_000, 0));
        Assert.Equal(SilenceVerdict.Wait, watch.Judge(10_001, 0));
        Assert.Equal(SilenceVerdict.Wait, watch.Judge(29_999, 0));
        Assert.Equal(SilenceVerdict.GiveUp, watch.Judge(30_000, 0));
    }

    [Fact]
    public void Begins_anew_with_whatever_arrives()
    {
        Assert.Equal(SilenceVerdict.Ping, watch.Judge(10_000, 0));
        watch.Hear(10_500);
        Assert.Equal(SilenceVerdict.Wait, watch.Judge(20_000, 0));
        Assert.Equal(SilenceVerdict.Ping, watch.Judge(20_500, 0));
        Assert.Equal(SilenceVerdict.GiveUp, watch.Judge(40_500, 0));
    }

    [Fact]
    public void Does_not_blame_the_broker_for_silence_before_the_request()
    {
        Assert.Equal(SilenceVerdict.Wait, watch.Judge(1_000_000, 999_999));
        Assert.Equal(SilenceVerdict.GiveUp, watch.Judge(1_029_999, 999_999));
    }

    [Fact]
    public void Lets_only_one_of_several_callers_ping()
    {
        Assert.Equal(SilenceVerdict.Ping, watch.Judge(10_000, 0));
        Assert.Equal(SilenceVerdict.Wait, watch.Judge(10_000, 0));
    }

    [Theory]
    [InlineData(0, 10_000)]
    [InlineData(9_990, 10)]
    [InlineData(10_000, 1)]
    [InlineData(500_000, 1)]
    public void Names_the_next_moment_to_look(long now, int expectedMilliseconds) =>
        Assert.Equal(expectedMilliseconds, watch.NextLookMilliseconds(now, 0));

    [Fact]
    public void Looks_next_at_the_limit_once_it_has_pinged()
    {
        watch.Judge(10_000, 0);
        Assert.Equal(20_000, watch.NextLookMilliseconds(10_000, 0));
    }

    [Fact]
    public void Never_gives_up_with_an_endless_limit()
    {
        SilenceWatch patient = new((long)System.TimeSpan.FromSeconds(int.MaxValue).TotalMilliseconds, 0);
        Assert.Equal(SilenceVerdict.Wait, patient.Judge(365L * 24 * 3600 * 1000, 0));
        Assert.Equal(int.MaxValue, patient.NextLookMilliseconds(0, 0));
    }
}
