using System;
using System.Management.Automation;
using TpmTbs.Client;
using TpmTbs.Completion;

namespace TpmTbs.Cmdlets;

/// <summary>Returns which of the named features the TPM supports.</summary>
/// <remarks>
/// Returns those of the named features that this TPM supports or, if none is named, all that it supports. The only
/// known feature is key attestation.
/// </remarks>
/// <example>
/// <code>Get-TpmSupportedFeature -FeatureList 'key attestation'</code>
/// <para>Returns the name if the TPM supports the feature.</para>
/// </example>
/// <example>
/// <code>Get-TpmSupportedFeature</code>
/// <para>Returns all supported features.</para>
/// </example>
/// <seealso>Get-Tpm</seealso>
[Cmdlet(VerbsCommon.Get, "TpmSupportedFeature")]
[OutputType(typeof(string))]
public sealed class GetTpmSupportedFeatureCommand : TbsCmdlet
{
    /// <summary>Names of features.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [ArgumentCompleter(typeof(FeatureCompleter))]
    public string[]? FeatureList { get; set; }

    /// <inheritdoc/>
    protected override void Process()
    {
        RpcParameters parameters = new() { ["features"] = FeatureList ?? Array.Empty<string>() };
        WriteObject(Call("tpm/supportedFeatures", parameters, static json => json.Texts("features")), true);
    }
}
