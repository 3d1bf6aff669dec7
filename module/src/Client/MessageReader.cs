using System;
using System.IO;

namespace TpmTbs.Client;

/// <summary>Receives the broker's messages, and tells answers from notifications. One thread at a time uses it.</summary>
internal sealed class MessageReader(Transport transport)
{
    private readonly MessageBuffer messages = new();
    private readonly byte[] buffer = new byte[32768];

    /// <summary>Waits for bytes; returns false if none arrived in time.</summary>
    /// <exception cref="EndOfStreamException">Either end has closed the connection.</exception>
    internal bool Receive(int milliseconds)
    {
        int count = transport.Read(buffer, milliseconds);
        if (count == Transport.NothingArrived) return false;
        if (count == 0) throw ClosedByBroker();
        messages.Append(buffer, 0, count);
        return true;
    }

    /// <summary>Hands over every message that is complete.</summary>
    /// <exception cref="ProtocolException">What arrived is no message of the protocol.</exception>
    /// <exception cref="TbsException">The reason that the broker sends before it closes the connection.</exception>
    internal void Deliver(Action<long, JsonValue> answered, Action<string, JsonValue> notified)
    {
        while (messages.TakeMessage() is { } text)
        {
            JsonValue message = JsonValue.Parse(text);
            if (!message.IsObject) throw new ProtocolException("The message is no object.");
            JsonValue method = message["method"];
            JsonValue id = message["id"];
            if (method.IsString) notified(method.AsText(), message["params"]);
            else if (id.IsNumber) answered(id.AsInt64(), message);
            else throw RefusalIn(message) ?? new ProtocolException("The message is neither an answer nor a notification.");
        }
    }

    internal static EndOfStreamException ClosedByBroker() => new("The broker closed the connection.");

    /// <summary>Reads an error without an id: the reason the broker sends before it closes the connection.</summary>
    private static Exception? RefusalIn(JsonValue message)
    {
        if (message["error"] is not { IsObject: true } error) return null;
        bool isOfTheBroker = error["data"] is { IsObject: true } data && data.TextOrNull("symbol") is not null;
        return isOfTheBroker ? TbsErrors.FromBroker(error) : new ProtocolException(error.Text("message"));
    }
}
