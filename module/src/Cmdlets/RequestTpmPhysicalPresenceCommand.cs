using System.Management.Automation;
using TpmTbs.Client;
using TpmTbs.Completion;

namespace TpmTbs.Cmdlets;

/// <summary>Asks the firmware to execute an operation on the TPM at the next boot.</summary>
[Cmdlet(VerbsLifecycle.Request, "TpmPhysicalPresence", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(PhysicalPresence))]
public sealed class RequestTpmPhysicalPresenceCommand : TbsCmdlet
{
    /// <summary>The operation, by number or name. Get-TpmPhysicalPresence lists them.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ArgumentCompleter(typeof(PhysicalPresenceOperationCompleter))]
    [ValidateNotNullOrEmpty]
    public string Operation { get; set; } = null!;

    /// <inheritdoc/>
    protected override void Process()
    {
        PhysicalPresenceRequest request = PhysicalPresenceRequest.Of(Operation);
        if (!Confirmed($"{request.Name} ({request.Number})", request.Action)) return;
        WriteObject(Call("physicalPresence/request", new RpcParameters { ["operation"] = request.Number }, PhysicalPresence.Read));
    }
}
