using System.Management.Automation;
using System.Collections;
using TpmTbs.PowerShellHost.Host;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsCommon.Add, "Member", DefaultParameterSetName = "TypeNameSet")]
public sealed class AddMemberCommand : PSCmdlet
{
    [Parameter(Mandatory = true, ValueFromPipeline = true)]
    public PSObject InputObject { get; set; } = null!;

    [Parameter(Position = 0, Mandatory = true, ParameterSetName = "MemberSet")]
    [Alias("Type")]
    public PSMemberTypes MemberType { get; set; }

    [Parameter(Position = 1, Mandatory = true, ParameterSetName = "MemberSet")]
    public string Name { get; set; } = "";

    [Parameter(Position = 2, ParameterSetName = "MemberSet")]
    public object? Value { get; set; }

    [Parameter(Position = 3, ParameterSetName = "MemberSet")]
    public object? SecondValue { get; set; }

    [Parameter(Position = 0, Mandatory = true, ParameterSetName = "NotePropertySingleMemberSet")]
    [NoMemberType]
    public string NotePropertyName { get; set; } = "";

    [Parameter(Position = 1, Mandatory = true, ParameterSetName = "NotePropertySingleMemberSet")]
    [AllowNull]
    public object? NotePropertyValue { get; set; }

    [Parameter(Position = 0, Mandatory = true, ParameterSetName = "NotePropertyMultiMemberSet")]
    public IDictionary? NotePropertyMembers { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = "TypeNameSet")]
    [Parameter(ParameterSetName = "MemberSet")]
    [Parameter(ParameterSetName = "NotePropertySingleMemberSet")]
    [Parameter(ParameterSetName = "NotePropertyMultiMemberSet")]
    public string? TypeName { get; set; }

    [Parameter]
    public SwitchParameter Force { get; set; }

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    protected override void ProcessRecord()
    {
        if (!string.IsNullOrEmpty(TypeName))
        {
            InputObject.TypeNames.Insert(0, TypeName);
        }

        foreach (var member in NewMembers())
        {
            AddTo(InputObject, member);
        }

        if (PassThru)
        {
            WriteObject(InputObject);
        }
    }

    private IEnumerable<PSMemberInfo> NewMembers() => ParameterSetName switch
    {
        "MemberSet" => [Describe()],
        "NotePropertySingleMemberSet" => [new PSNoteProperty(NotePropertyName, NotePropertyValue)],
        "NotePropertyMultiMemberSet" => NotePropertyMembers!.Cast<DictionaryEntry>()
            .Select(entry => new PSNoteProperty(LanguagePrimitives.ConvertTo<string>(entry.Key), entry.Value)),
        _ => [],
    };

    private PSMemberInfo Describe() => MemberType switch
    {
        PSMemberTypes.NoteProperty => new PSNoteProperty(Name, Value),
        PSMemberTypes.ScriptProperty => new PSScriptProperty(Name, Value as ScriptBlock, SecondValue as ScriptBlock),
        PSMemberTypes.ScriptMethod => new PSScriptMethod(Name, (ScriptBlock)Value!),
        PSMemberTypes.AliasProperty => new PSAliasProperty(Name, LanguagePrimitives.ConvertTo<string>(Value)),
        _ => throw new PSNotSupportedException($"-MemberType {MemberType} is not supported by this host."),
    };

    private void AddTo(PSObject target, PSMemberInfo member)
    {
        if (target.Members[member.Name] is not null)
        {
            if (!Force)
            {
                WriteError(new ErrorRecord(
                    new InvalidOperationException($"Cannot add a member with the name \"{member.Name}\" because a member with that name already exists."),
                    "MemberAlreadyExists",
                    ErrorCategory.InvalidOperation,
                    target));
                return;
            }

            target.Members.Remove(member.Name);
        }

        target.Members.Add(member);
    }

    /// <summary>A first argument that names a kind of member is -MemberType, not the name of a note.</summary>
    private sealed class NoMemberTypeAttribute : ValidateArgumentsAttribute
    {
        protected override void Validate(object arguments, EngineIntrinsics engineIntrinsics)
        {
            if (Enum.TryParse<PSMemberTypes>(arguments as string, ignoreCase: true, out _))
            {
                throw EngineInternals.NotThisParameter($"'{arguments}' is a kind of member, not a name.");
            }
        }
    }
}
