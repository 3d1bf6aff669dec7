using System.Management.Automation;
using TpmTbs.Client;
using TpmTbs.Completion;

namespace TpmTbs.Cmdlets;

/// <summary>Asks the firmware to execute an operation on the TPM at the next boot.</summary>
/// <remarks>
/// Asks the firmware to execute the operation at the next boot, after a person at the machine has confirmed it if the
/// platform requires that. Operations are those of Windows, 0 to 22, by number or name: 5 is Clear, which destroys
/// every key and secret in the TPM. 0 (None) withdraws the pending request. For administrators.
/// </remarks>
/// <example>
/// <code>Request-TpmPhysicalPresence -Operation Clear -WhatIf</code>
/// <para>Shows what would be requested.</para>
/// </example>
/// <example>
/// <code>Request-TpmPhysicalPresence -Operation 0</code>
/// <para>Withdraws the pending request.</para>
/// </example>
/// <seealso>Get-TpmPhysicalPresence</seealso>
[Cmdlet(VerbsLifecycle.Request, "TpmPhysicalPresence", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(PhysicalPresence))]
public sealed class RequestTpmPhysicalPresenceCommand : TbsCmdlet
{
    /// <summary>The operation, by number or name. Get-TpmPhysicalPresence lists them.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
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
