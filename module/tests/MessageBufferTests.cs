using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using TpmTbs.Client;
using Xunit;

namespace TpmTbs.Tests;

public sealed class MessageBufferTests
{
    private static readonly string[] ThreeTexts = { "{}", "[1,2]", "{\"name\":\"Grüße, 世界\"}" };

    private readonly MessageBuffer buffer = new();

    [Fact]
    public void Takes_nothing_from_nothing() => Assert.Null(buffer.TakeMessage());

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(19)]
    [InlineData(4096)]
    public void Joins_messages_that_arrive_in_pieces_of(int pieceBytes)
    {
        byte[] stream = Messages.Joined(ThreeTexts.Select(Messages.Framed));
        List<string> taken = new();
        for (int at = 0; at < stream.Length; at += pieceBytes)
        {
            buffer.Append(stream, at, Math.Min(pieceBytes, stream.Length - at));
            while (buffer.TakeMessage() is { } message) taken.Add(Encoding.UTF8.GetString(message));
        }
        Assert.Equal(ThreeTexts, taken);
    }

    [Fact]
    public void Splits_messages_that_arrive_at_once()
    {
        string[] many = Enumerable.Range(0, 5000).Select(static number => $"[{number}]").ToArray();
        Append(Messages.Joined(many.Select(Messages.Framed)));
        foreach (string text in many) Assert.Equal(text, Encoding.UTF8.GetString(buffer.TakeMessage()!));
        Assert.Null(buffer.TakeMessage());
    }

    [Fact]
    public void Returns_nothing_until_the_last_byte_has_arrived()
    {
        byte[] stream = Messages.Framed("{\"id\":1}");
        for (int cut = 0; cut < stream.Length; cut++)
        {
            MessageBuffer partial = new();
            partial.Append(stream, 0, cut);
            Assert.Null(partial.TakeMessage());
            partial.Append(stream, cut, stream.Length - cut);
            Assert.Equal("{\"id\":1}", Encoding.UTF8.GetString(partial.TakeMessage()!));
        }
    }

    [Fact]
    public void Takes_a_message_of_the_longest_length_and_refuses_a_longer_one()
    {
        Append(Messages.Framed(new byte[MessageBuffer.MaxMessageBytes]));
        Assert.Equal(MessageBuffer.MaxMessageBytes, buffer.TakeMessage()!.Length);
        Append(Messages.Bytes($"Content-Length: {MessageBuffer.MaxMessageBytes + 1}\r\n\r\n"));
        Assert.Throws<ProtocolException>(() => buffer.TakeMessage());
    }

    [Fact]
    public void Does_not_allocate_what_a_header_only_promises()
    {
        long before = GC.GetTotalMemory(true);
        MessageBuffer[] many = Enumerable.Range(0, 100).Select(_ => new MessageBuffer()).ToArray();
        byte[] header = Messages.Bytes($"Content-Length: {MessageBuffer.MaxMessageBytes}\r\n\r\n{{");
        foreach (MessageBuffer one in many)
        {
            one.Append(header, 0, header.Length);
            Assert.Null(one.TakeMessage());
        }
        Assert.InRange(GC.GetTotalMemory(true) - before, long.MinValue, MessageBuffer.MaxMessageBytes);
        GC.KeepAlive(many);
    }

    [Theory]
    [InlineData("Content-Length: -1\r\n\r\n")]
    [InlineData("Content-Length: +1\r\n\r\n")]
    [InlineData("Content-Length: 0\r\n\r\n")]
    [InlineData("Content-Length: 1e3\r\n\r\n")]
    [InlineData("Content-Length: 0x10\r\n\r\n")]
    [InlineData("Content-Length: 1 2\r\n\r\n")]
    [InlineData("Content-Length:  12\r\n\r\n")]
    [InlineData("Content-Length: 12 \r\n\r\n")]
    [InlineData("Content-Length: ١٢\r\n\r\n")]
    [InlineData("Content-Length: \r\n\r\n")]
    [InlineData("Content-Length: 999999999\r\n\r\n")]
    [InlineData("Content-Length: 4294967298\r\n\r\n")]
    [InlineData("Content-Length: 18446744073709551617\r\n\r\n")]
    [InlineData("content-length: 2\r\n\r\n{}")]
    [InlineData("Content-Length: 2\r\nContent-Type: x\r\n\r\n{}")]
    [InlineData("\r\n\r\n")]
    [InlineData("HTTP/1.1 400 Bad Request\r\n\r\n")]
    public void Refuses_a_header_that_is_not_the_brokers(string header)
    {
        Append(Messages.Bytes(header));
        Assert.Throws<ProtocolException>(() => buffer.TakeMessage());
    }

    [Fact]
    public void Refuses_a_header_without_an_end()
    {
        Append(Messages.Bytes(new string('x', 63)));
        Assert.Null(buffer.TakeMessage());
        Append(Messages.Bytes("x"));
        Assert.Throws<ProtocolException>(() => buffer.TakeMessage());
    }

    [Fact]
    public void Refuses_random_bytes_or_waits_for_more_and_never_fails_otherwise()
    {
        Random random = new(12);
        byte[] valid = Messages.Joined(ThreeTexts.Select(Messages.Framed));
        for (int round = 0; round < 5000; round++)
        {
            byte[] mutated = (byte[])valid.Clone();
            for (int change = random.Next(1, 4); change > 0; change--) mutated[random.Next(mutated.Length)] = (byte)random.Next(256);
            MessageBuffer target = new();
            target.Append(mutated, 0, mutated.Length);
            try
            {
                int taken = 0;
                while (target.TakeMessage() is not null) taken++;
                Assert.InRange(taken, 0, mutated.Length);
            }
            catch (ProtocolException)
            {
                // Expected: this exception ends the connection.
            }
        }
    }

    private void Append(byte[] bytes) => buffer.Append(bytes, 0, bytes.Length);
}
