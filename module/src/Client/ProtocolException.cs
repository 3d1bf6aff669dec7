using System;

namespace TpmTbs.Client;

/// <summary>What the other end sends is not what the broker's protocol allows.</summary>
internal sealed class ProtocolException(string message, Exception? inner = null) : Exception(message, inner);
