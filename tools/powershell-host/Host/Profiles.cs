using System.Management.Automation;
using System.Management.Automation.Runspaces;

namespace TpmTbs.PowerShellHost.Host;

/// <summary>The four profile scripts of pwsh (about_Profiles), run unless -NoProfile is given.</summary>
internal static class Profiles
{
    private const string AllHosts = "profile.ps1";
    private const string ThisHost = "Microsoft.PowerShell_profile.ps1";

    /// <summary>$PROFILE names the four files, with -NoProfile as well.</summary>
    public static void Define(Runspace runspace)
    {
        var paths = Paths();
        var profile = PSObject.AsPSObject(paths[^1]);
        string[] names = ["AllUsersAllHosts", "AllUsersCurrentHost", "CurrentUserAllHosts", "CurrentUserCurrentHost"];
        foreach (var (name, path) in names.Zip(paths))
        {
            profile.Properties.Add(new PSNoteProperty(name, path));
        }

        runspace.SessionStateProxy.SetVariable("PROFILE", profile);
    }

    public static void Run(PipelineRunner runner)
    {
        foreach (var path in Paths().Where(File.Exists))
        {
            var pipeline = runner.CreatePipeline();
            pipeline.Commands.Add(new Command(path, isScript: false, useLocalScope: false));
            runner.RunShown(pipeline);
        }
    }

    /// <summary>In the order in which they run.</summary>
    private static string[] Paths()
    {
        var machine = Path.GetDirectoryName(typeof(PSObject).Assembly.Location) ?? "";
        var user = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.ApplicationData), "powershell");
        return [Path.Combine(machine, AllHosts), Path.Combine(machine, ThisHost), Path.Combine(user, AllHosts), Path.Combine(user, ThisHost)];
    }
}
