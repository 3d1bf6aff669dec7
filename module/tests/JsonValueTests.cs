using System;
using System.Globalization;
using System.Linq;
using System.Threading;
using TpmTbs.Client;
using Xunit;

namespace TpmTbs.Tests;

public sealed class JsonValueTests
{
    [Theory]
    [InlineData(new byte[] { 0x22, 0xFF, 0x22 })]
    [InlineData(new byte[] { 0x22, 0xC3, 0x22 })]
    [InlineData(new byte[] { 0x22, 0xC0, 0xAF, 0x22 })]
    [InlineData(new byte[] { 0x22, 0xED, 0xA0, 0x80, 0x22 })]
    [InlineData(new byte[] { 0x22, 0xF4, 0x90, 0x80, 0x80, 0x22 })]
    public void Refuses_bytes_that_are_not_UTF_8(byte[] text) => Assert.Throws<ProtocolException>(() => JsonValue.Parse(text));

    // Mono's serializer accepts some text that .NET Framework's rejects, such as an unterminated object.
    [Theory]
#if NET
    [InlineData("{")]
    [InlineData("[1,")]
    [InlineData("\"open")]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("{\"a\":1} 2")]
    [InlineData("{\"a\":\"\\ud83d\"}")]
#endif
    [InlineData("{\"a\":}")]
    [InlineData("{\"a\":1}}")]
    [InlineData("nonsense")]
    public void Refuses_what_is_not_JSON(string text) => Assert.Throws<ProtocolException>(() => Parse(text));

    [Fact]
    public void Refuses_nesting_without_end()
    {
        Assert.Throws<ProtocolException>(() => Parse(string.Concat(Enumerable.Repeat("[", 100_000))));
        Assert.Throws<ProtocolException>(() => Parse(string.Concat(Enumerable.Repeat("{\"a\":", 100_000))));
    }

    [Fact]
    public void Reads_text_outside_ASCII() => Assert.Equal("Grüße, 世界 🙂", Parse("{\"a\":\"Grüße, 世界 🙂\"}").Text("a"));

    [Fact]
    public void Takes_the_last_of_members_with_one_name() => Assert.Equal(2, Parse("{\"a\":1,\"b\":3,\"a\":2}").Int64("a"));

    [Fact]
    public void Writes_what_it_has_read()
    {
        string text = "{\"a\":[1,-2.5,true,false,null,\"x\",{}],\"b\":{\"c\":[]}}";
        Assert.Equal(text, Parse(text).ToIndentedJson().Replace("\n", "").Replace("\r", "").Replace(" ", ""));
    }

    [Fact]
    public void Treats_an_absent_member_as_null()
    {
        JsonValue value = Parse("{\"a\":null}");
        Assert.True(value["a"].IsNull);
        Assert.True(value["b"].IsNull);
        Assert.Null(value.TextOrNull("b"));
        Assert.Null(value.TimeOrNull("b"));
        Assert.Empty(value.Texts("b"));
    }

    [Fact]
    public void Reads_whole_numbers_of_every_size()
    {
        JsonValue value = Parse("{\"small\":-1,\"code\":2150106112,\"large\":9007199254740991}");
        Assert.Equal(-1, value.Int32("small"));
        Assert.Equal(0x80280400u, value.UInt32("code"));
        Assert.Equal(9007199254740991L, value.Int64("large"));
        Assert.Throws<OverflowException>(() => value.Int32("code"));
        Assert.Throws<OverflowException>(() => value.UInt32("small"));
    }

    [Theory]
    [InlineData("{\"a\":1}")]
    [InlineData("{\"a\":[]}")]
    [InlineData("{\"a\":true}")]
    public void Names_a_member_of_the_wrong_kind_a_fault_of_the_protocol(string text) =>
        Assert.Throws<ProtocolException>(() => Parse(text).Text("a"));

    [Theory]
    [InlineData("1.5")]
    [InlineData("\"1\"")]
    [InlineData("1e300")]
    [InlineData("null")]
    public void Takes_no_other_value_for_a_whole_number(string text) =>
        Assert.Throws<ProtocolException>(() => Parse("{\"a\":" + text + "}").Int64("a"));

    [Theory]
    [InlineData("th-TH")]
    [InlineData("tr-TR")]
    [InlineData("fr-FR")]
    [InlineData("ar-SA")]
    public void Reads_times_numbers_and_names_alike_in_every_culture(string culture)
    {
        CultureInfo earlier = Thread.CurrentThread.CurrentCulture;
        try
        {
            Thread.CurrentThread.CurrentCulture = new CultureInfo(culture);
        }
        catch (CultureNotFoundException)
        {
            Assert.Skip($"This machine has no culture {culture}.");
        }
        try
        {
            JsonValue value = Parse("{\"at\":\"2026-11-29T12:34:56.789Z\",\"ms\":1.5,\"class\":\"administrator\"}");
            Assert.Equal(new DateTimeOffset(2026, 11, 29, 12, 34, 56, 789, TimeSpan.Zero), value.Time("at"));
            Assert.Equal(15_000, value.Milliseconds("ms").Ticks);
            Assert.Equal(CallerClass.Administrator, value.Named("class", CallerClass.Unknown));
            string request = System.Text.Encoding.UTF8.GetString(RpcRequest.Write(7, "x/get", new RpcParameters { ["share"] = 0.5, ["count"] = -3 }));
            Assert.Contains("\"share\":0.5", request);
            Assert.Contains("\"count\":-3", request);
        }
        finally
        {
            Thread.CurrentThread.CurrentCulture = earlier;
        }
    }

    [Fact]
    public void Calls_a_name_of_a_later_broker_unknown() =>
        Assert.Equal(CallerClass.Unknown, Parse("{\"class\":\"superuser\"}").Named("class", CallerClass.Unknown));

    private static JsonValue Parse(string text) => JsonValue.Parse(Messages.Bytes(text));
}
