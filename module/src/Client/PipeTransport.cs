using System;
using System.IO;
using System.IO.Pipes;
using System.Security.AccessControl;
using System.Security.Principal;
using System.Threading;

namespace TpmTbs.Client;

/// <summary>The broker's named pipe on Windows. Connects only if the pipe's owner is trusted.</summary>
internal sealed class PipeTransport : Transport
{
    private const string LocalPrefix = @"\\.\pipe\";
    private const int ConnectSliceMilliseconds = 100;
    private const string Administrators = "S-1-5-32-544";
    private const string LocalSystem = "S-1-5-18";

    private readonly PipeStream pipe;

    internal PipeTransport(PipeStream pipe) => this.pipe = pipe;

    /// <exception cref="TbsException">Nothing listens there, or the listener is not trusted.</exception>
    internal static PipeTransport Connect(string path, Deadline deadline, CancellationToken stopping)
    {
        NamedPipeClientStream pipe = Create(path.StartsWith(LocalPrefix, StringComparison.Ordinal) ? path.Substring(LocalPrefix.Length) : path);
        try
        {
            ConnectWithin(pipe, path, deadline, stopping);
            RequireTrustedOwner(pipe, path);
            return new PipeTransport(pipe);
        }
        catch
        {
            pipe.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Standard users may read and write the broker's pipe but not create instances of it, a right that a default client also
    /// requests. .NET Framework can request fewer rights. .NET before version 10 cannot, so there only administrators can
    /// connect. The Identification level lets the broker identify the user but not impersonate them.
    /// </summary>
    private static NamedPipeClientStream Create(string name)
    {
#if NETFRAMEWORK
        return new NamedPipeClientStream(".", name, PipeAccessRights.ReadWrite, PipeOptions.Asynchronous,
            TokenImpersonationLevel.Identification, HandleInheritability.None);
#else
        return new NamedPipeClientStream(".", name, PipeDirection.InOut, PipeOptions.Asynchronous, TokenImpersonationLevel.Identification);
#endif
    }

    private static void ConnectWithin(NamedPipeClientStream pipe, string path, Deadline deadline, CancellationToken stopping)
    {
        // If the pipe does not exist, no broker runs; if it exists, it may be busy for a moment.
        Deadline patience = Deadline.In(TimeSpan.FromMilliseconds(Math.Min(deadline.RemainingMilliseconds, 2000)));
        while (true)
        {
            try
            {
                pipe.Connect(ConnectSliceMilliseconds);
                return;
            }
            catch (Exception exception) when (exception is TimeoutException or IOException)
            {
                stopping.ThrowIfCancellationRequested();
                if (patience.HasPassed) throw TbsErrors.NotRunning(path, "nothing listens at its pipe", exception);
            }
            catch (UnauthorizedAccessException)
            {
                throw TbsErrors.PipeNotAccessible(path);
            }
        }
    }

    /// <summary>Checks the owner, which suffices: only it and administrators can create instances of the broker's pipe.</summary>
    private static void RequireTrustedOwner(NamedPipeClientStream pipe, string path)
    {
#if NETFRAMEWORK
        PipeSecurity security = pipe.GetAccessControl();
#else
        if (!OperatingSystem.IsWindows()) throw new PlatformNotSupportedException();
        PipeSecurity security = PipesAclExtensions.GetAccessControl(pipe);
#endif
        string owner = security.GetOwner(typeof(SecurityIdentifier))?.Value ?? "nobody";
        using WindowsIdentity self = WindowsIdentity.GetCurrent();
        if (owner is Administrators or LocalSystem || owner == self.User?.Value) return;
        throw TbsErrors.PipeNotTrusted(owner, path);
    }

    internal override bool NeedsReader => true;

    internal override int Read(byte[] buffer, int milliseconds)
    {
        try
        {
            return pipe.Read(buffer, 0, buffer.Length);
        }
        catch (ObjectDisposedException)
        {
            return 0;
        }
    }

    internal override void Write(byte[] bytes, Deadline deadline, CancellationToken stopping)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        limit.CancelAfter(deadline.RemainingMilliseconds);
        pipe.WriteAsync(bytes, 0, bytes.Length, limit.Token).GetAwaiter().GetResult();
    }

    internal override bool PeerHasClosed => !pipe.IsConnected;

    public override void Dispose() => pipe.Dispose();
}
