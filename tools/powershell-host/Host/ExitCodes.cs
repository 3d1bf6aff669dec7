namespace TpmTbs.PowerShellHost.Host;

/// <summary>Process exit codes, as pwsh has them (about_pwsh); 128 + signal number as every shell has it.</summary>
internal static class ExitCodes
{
    public const int Success = 0;
    public const int Failure = 1;
    public const int BadCommandLine = 64;
    public const int Interrupted = 130;
}
