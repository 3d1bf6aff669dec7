using System.Management.Automation;
using System.Management.Automation.Runspaces;

namespace TpmTbs.PowerShellHost.Host;

/// <summary>The four profile scripts of pwsh (about_Profiles), run unless -NoProfile is given.</summary>
internal static class Profiles
{
    private const string AllHosts = "profile.ps1";
    private const string ThisHost = "Microsoft.PowerShell_profile.ps1";

    public static void Run(Runspace runspace, PipelineRunner runner)
    {
        var machine = Path.GetDirectoryName(typeof(PSObject).Assembly.Location) ?? "";
        var user = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.ApplicationData), "powershell");
        string[] paths = [Path.Combine(machine, AllHosts), Path.Combine(machine, ThisHost), Path.Combine(user, AllHosts), Path.Combine(user, ThisHost)];

        var profile = PSObject.AsPSObject(paths[3]);
        string[] names = ["AllUsersAllHosts", "AllUsersCurrentHost", "CurrentUserAllHosts", "CurrentUserCurrentHost"];
        foreach (var (name, path) in names.Zip(paths))
        {
            profile.Properties.Add(new PSNoteProperty(name, path));
        }

        runspace.SessionStateProxy.SetVariable("PROFILE", profile);
        foreach (var path in paths.Where(File.Exists))
        {
            var pipeline = runner.CreatePipeline();
            pipeline.Commands.Add(new Command(path, isScript: false, useLocalScope: false));
            runner.RunShown(pipeline);
        }
    }
}
