using System.Security;

namespace TpmTbs.PowerShellHost.Host;

/// <summary>Reads a secret character by character, so that it is never a string.</summary>
internal static class SecretReader
{
    public static SecureString Read(bool echoStars)
    {
        var secret = new SecureString();
        if (Console.IsInputRedirected)
        {
            ReadRedirected(secret);
        }
        else
        {
            TerminalAnswer.ReadKeys(
                character =>
                {
                    secret.AppendChar(character);
                    Console.Out.Write(echoStars ? "*" : "");
                },
                () =>
                {
                    if (secret.Length > 0)
                    {
                        secret.RemoveAt(secret.Length - 1);
                        Console.Out.Write(echoStars ? "\b \b" : "");
                    }
                });
        }

        secret.MakeReadOnly();
        return secret;
    }

    private static void ReadRedirected(SecureString secret)
    {
        for (var character = Console.In.Read(); character is not (-1 or '\n'); character = Console.In.Read())
        {
            if (character != '\r')
            {
                secret.AppendChar((char)character);
            }
        }
    }
}
