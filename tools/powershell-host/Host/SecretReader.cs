using System.Management.Automation;
using System.Security;

namespace TpmTbs.PowerShellHost.Host;

/// <summary>Reads a secret key by key, so that it is never a string; Ctrl+C gives the question up.</summary>
internal static class SecretReader
{
    public static SecureString Read(bool echoStars)
    {
        var secret = new SecureString();
        if (Console.IsInputRedirected)
        {
            for (var character = Console.In.Read(); character is not (-1 or '\n'); character = Console.In.Read())
            {
                if (character != '\r')
                {
                    secret.AppendChar((char)character);
                }
            }
        }
        else
        {
            ReadKeys(secret, echoStars);
        }

        secret.MakeReadOnly();
        return secret;
    }

    private static void ReadKeys(SecureString secret, bool echoStars)
    {
        var before = Console.TreatControlCAsInput;
        Console.TreatControlCAsInput = true;
        try
        {
            while (true)
            {
                var key = Console.ReadKey(intercept: true);
                if (key.Key == ConsoleKey.Enter)
                {
                    Console.Out.WriteLine();
                    return;
                }

                if (key.Key == ConsoleKey.C && key.Modifiers.HasFlag(ConsoleModifiers.Control))
                {
                    Console.Out.WriteLine();
                    throw new PipelineStoppedException();
                }

                if (key.Key == ConsoleKey.Backspace)
                {
                    if (secret.Length > 0)
                    {
                        secret.RemoveAt(secret.Length - 1);
                        Console.Out.Write(echoStars ? "\b \b" : "");
                    }
                }
                else if (!char.IsControl(key.KeyChar))
                {
                    secret.AppendChar(key.KeyChar);
                    Console.Out.Write(echoStars ? "*" : "");
                }
            }
        }
        finally
        {
            Console.TreatControlCAsInput = before;
        }
    }
}
