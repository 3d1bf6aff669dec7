using System;
using System.Collections.Generic;
using System.Text;
using TpmTbs.Client;
using Xunit;

namespace TpmTbs.Tests;

public sealed class RpcRequestTests
{
    [Fact]
    public void Announces_the_length_in_bytes()
    {
        string message = Encoding.UTF8.GetString(RpcRequest.Write(1, "x/get", new RpcParameters { ["name"] = "Grüße" }));
        string[] parts = message.Split(new[] { "\r\n\r\n" }, StringSplitOptions.None);
        Assert.Equal($"Content-Length: {Encoding.UTF8.GetByteCount(parts[1])}", parts[0]);
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("")]
    [InlineData("say \"yes\"")]
    [InlineData(@"C:\tpm\command.bin")]
    [InlineData("two\r\nlines, a tab\tand a bell\a")]
    [InlineData("Grüße, 世界 🙂")]
    [InlineData("\u007f \u0085 \u2028 \u2029")]
    [InlineData("</script> & 'more'")]
    public void Sends_every_text_unchanged(string text)
    {
        JsonValue parameters = ParametersOf(new RpcParameters { ["text"] = text, [$"by {text}."] = 1 });
        Assert.Equal(text, parameters.Text("text"));
        Assert.Equal(1, parameters.Int64($"by {text}."));
    }

    [Fact]
    public void Omits_a_parameter_that_is_null_but_no_null_inside_a_value()
    {
        JsonValue parameters = ParametersOf(new RpcParameters
        {
            ["absent"] = null,
            ["settings"] = new Dictionary<string, object?> { ["a"] = null, ["b"] = new object?[] { 1, null, true, 0.5, "x" } },
        });
        Assert.DoesNotContain("absent", parameters.Members().Keys);
        JsonValue settings = parameters["settings"];
        Assert.Contains("a", settings.Members().Keys);
        Assert.Equal("[1,null,true,0.5,\"x\"]", settings["b"].ToIndentedJson().Replace("\n", "").Replace("\r", "").Replace(" ", ""));
    }

    [Fact]
    public void Sends_the_least_and_the_greatest_numbers_unchanged()
    {
        JsonValue parameters = ParametersOf(new RpcParameters { ["least"] = long.MinValue, ["code"] = uint.MaxValue, ["small"] = 0.001 });
        Assert.Equal(long.MinValue, parameters.Int64("least"));
        Assert.Equal(uint.MaxValue, parameters.UInt32("code"));
        Assert.Equal(0.001, parameters.Number("small"));
    }

#if NET
    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.NegativeInfinity)]
    public void Refuses_a_number_that_JSON_does_not_have(double number) =>
        Assert.Throws<TbsException>(() => RpcRequest.Write(1, "x/get", new RpcParameters { ["number"] = number }));

    [Fact]
    public void Refuses_a_value_that_contains_itself()
    {
        Dictionary<string, object?> value = new();
        value["self"] = value;
        Assert.Throws<TbsException>(() => RpcRequest.Write(1, "x/get", new RpcParameters { ["value"] = value }));
    }

    [Fact]
    public void Sends_half_of_a_surrogate_pair_as_a_replacement_character() =>
        Assert.Equal("\ufffd!", ParametersOf(new RpcParameters { ["text"] = "\ud83d!" }).Text("text"));
#endif

    private static JsonValue ParametersOf(RpcParameters parameters)
    {
        string message = Encoding.UTF8.GetString(RpcRequest.Write(1, "x/get", parameters));
        JsonValue request = JsonValue.Parse(Messages.Bytes(message.Substring(message.IndexOf('{'))));
        Assert.Equal("x/get", request.Text("method"));
        return request["params"];
    }
}
