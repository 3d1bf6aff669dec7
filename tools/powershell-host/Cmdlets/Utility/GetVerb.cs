using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsCommon.Get, "Verb")]
public sealed class GetVerbCommand : PSCmdlet
{
    private static readonly Type[] Groups =
    [
        typeof(VerbsCommon),
        typeof(VerbsCommunications),
        typeof(VerbsData),
        typeof(VerbsDiagnostic),
        typeof(VerbsLifecycle),
        typeof(VerbsOther),
        typeof(VerbsSecurity),
    ];

    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    public string[] Verb { get; set; } = ["*"];

    [Parameter(Position = 1)]
    public string[] Group { get; set; } = [];

    protected override void ProcessRecord()
    {
        foreach (var group in Groups.Where(type => Group.Length == 0 || Group.Contains(type.Name["Verbs".Length..], StringComparer.OrdinalIgnoreCase)))
        {
            var verbs = group.GetFields()
                .Where(field => field.IsLiteral)
                .Select(field => field.Name)
                .Where(verb => Verb.Any(pattern => new WildcardPattern(pattern, WildcardOptions.IgnoreCase).IsMatch(verb)));
            foreach (var verb in verbs)
            {
                var shown = new PSObject();
                shown.Properties.Add(new PSNoteProperty("Verb", verb));
                shown.Properties.Add(new PSNoteProperty("Group", group.Name["Verbs".Length..]));
                WriteObject(shown);
            }
        }
    }
}
