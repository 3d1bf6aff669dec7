using System;

namespace TpmTbs.Client;

/// <summary>The other end violated the broker's protocol.</summary>
internal sealed class ProtocolException(string message, Exception? inner = null) : Exception(message, inner);
