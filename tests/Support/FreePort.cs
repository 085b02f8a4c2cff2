using System.Net;
using System.Net.Sockets;

namespace BackupRunner.Tests.Support;

/// <summary>
/// Loopback ports for what binds them only later, or again, or never: below those that the kernel gives to whoever asks for any (from 32768 on), and each
/// handed out once, so that no other test has it in between.
/// </summary>
static class FreePort
{
    const int First = 10_000;
    const int Count = 20_000;

    // Another run of the tests begins elsewhere.
    static int last = Environment.ProcessId * 101;

    public static int Next()
    {
        while (true)
        {
            var port = First + (int)((uint)Interlocked.Increment(ref last) % Count);
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
                return port;
            }
            catch (SocketException)
            {
                // Somebody's who has always the same.
            }
        }
    }
}
