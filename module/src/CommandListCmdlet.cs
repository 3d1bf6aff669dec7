using System.Management.Automation;
using TpmTbs.Client;
using TpmTbs.Completion;

namespace TpmTbs;

/// <summary>A cmdlet that changes a list of commands. The derived cmdlets differ only in method and wording.</summary>
public abstract class CommandListCmdlet : TbsCmdlet
{
    /// <summary>The command, by name or code: TPM2_GetRandom, GetRandom, 0x17B and 379 are the same.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Name", "Ordinal", "Code")]
    [ArgumentCompleter(typeof(CommandCompleter))]
    [ValidateNotNullOrEmpty]
    public string[] Command { get; set; } = null!;

    /// <summary>Changes the list for each command and writes the command's new state.</summary>
    private protected void ChangeList(string method, string action, RpcParameters more)
    {
        foreach (string reference in Command)
        {
            ForObject(reference, () =>
            {
                if (!Confirmed(reference, action)) return;
                RpcParameters parameters = new() { ["commands"] = new[] { reference } };
                foreach (string name in more.Keys) parameters[name] = more[name];
                WriteObject(Call(method, parameters, static json => json.List("commands", CommandBlock.Read)), true);
            });
        }
    }
}
