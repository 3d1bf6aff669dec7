using System.Management.Automation.Runspaces;
using Microsoft.PowerShell.Commands;

namespace TpmTbs.PowerShellHost.Host;

/// <summary>
/// The cmdlets of Cmdlets/, by the modules that they belong to in pwsh. A table, since looking them up by reflection
/// would cost every start some milliseconds.
/// </summary>
internal static class HostCmdlets
{
    private static readonly (string Name, Type Type)[] Management =
    [
        ("Add-Content", typeof(AddContentCommand)),
        ("Clear-Content", typeof(ClearContentCommand)),
        ("Convert-Path", typeof(ConvertPathCommand)),
        ("Copy-Item", typeof(CopyItemCommand)),
        ("Get-ChildItem", typeof(GetChildItemCommand)),
        ("Get-Content", typeof(GetContentCommand)),
        ("Get-Item", typeof(GetItemCommand)),
        ("Get-ItemProperty", typeof(GetItemPropertyCommand)),
        ("Get-Location", typeof(GetLocationCommand)),
        ("Get-PSDrive", typeof(GetPSDriveCommand)),
        ("Get-PSProvider", typeof(GetPSProviderCommand)),
        ("Get-Process", typeof(GetProcessCommand)),
        ("Join-Path", typeof(JoinPathCommand)),
        ("Move-Item", typeof(MoveItemCommand)),
        ("New-Item", typeof(NewItemCommand)),
        ("New-PSDrive", typeof(NewPSDriveCommand)),
        ("Pop-Location", typeof(PopLocationCommand)),
        ("Push-Location", typeof(PushLocationCommand)),
        ("Remove-Item", typeof(RemoveItemCommand)),
        ("Remove-PSDrive", typeof(RemovePSDriveCommand)),
        ("Rename-Item", typeof(RenameItemCommand)),
        ("Resolve-Path", typeof(ResolvePathCommand)),
        ("Set-Content", typeof(SetContentCommand)),
        ("Set-Item", typeof(SetItemCommand)),
        ("Set-Location", typeof(SetLocationCommand)),
        ("Split-Path", typeof(SplitPathCommand)),
        ("Start-Process", typeof(StartProcessCommand)),
        ("Stop-Process", typeof(StopProcessCommand)),
        ("Test-Path", typeof(TestPathCommand)),
        ("Wait-Process", typeof(WaitProcessCommand)),
    ];

    private static readonly (string Name, Type Type)[] Security =
    [
        ("ConvertFrom-SecureString", typeof(ConvertFromSecureStringCommand)),
        ("ConvertTo-SecureString", typeof(ConvertToSecureStringCommand)),
        ("Get-Credential", typeof(GetCredentialCommand)),
    ];

    private static readonly (string Name, Type Type)[] Utility =
    [
        ("Add-Member", typeof(AddMemberCommand)),
        ("Add-Type", typeof(AddTypeCommand)),
        ("Clear-Variable", typeof(ClearVariableCommand)),
        ("Compare-Object", typeof(CompareObjectCommand)),
        ("ConvertFrom-Json", typeof(ConvertFromJsonCommand)),
        ("ConvertFrom-StringData", typeof(ConvertFromStringDataCommand)),
        ("ConvertTo-Json", typeof(ConvertToJsonCommand)),
        ("Format-List", typeof(FormatListCommand)),
        ("Format-Table", typeof(FormatTableCommand)),
        ("Get-Alias", typeof(GetAliasCommand)),
        ("Get-Culture", typeof(GetCultureCommand)),
        ("Get-Date", typeof(GetDateCommand)),
        ("Get-FileHash", typeof(GetFileHashCommand)),
        ("Get-FormatData", typeof(GetFormatDataCommand)),
        ("Get-Host", typeof(GetHostCommand)),
        ("Get-Member", typeof(GetMemberCommand)),
        ("Get-PSCallStack", typeof(GetPSCallStackCommand)),
        ("Get-Random", typeof(GetRandomCommand)),
        ("Get-UICulture", typeof(GetUICultureCommand)),
        ("Get-Unique", typeof(GetUniqueCommand)),
        ("Get-Variable", typeof(GetVariableCommand)),
        ("Get-Verb", typeof(GetVerbCommand)),
        ("Group-Object", typeof(GroupObjectCommand)),
        ("Import-PowerShellDataFile", typeof(ImportPowerShellDataFileCommand)),
        ("Invoke-Expression", typeof(InvokeExpressionCommand)),
        ("Measure-Command", typeof(MeasureCommandCommand)),
        ("Measure-Object", typeof(MeasureObjectCommand)),
        ("New-Alias", typeof(NewAliasCommand)),
        ("New-Guid", typeof(NewGuidCommand)),
        ("New-Object", typeof(NewObjectCommand)),
        ("New-TemporaryFile", typeof(NewTemporaryFileCommand)),
        ("New-TimeSpan", typeof(NewTimeSpanCommand)),
        ("New-Variable", typeof(NewVariableCommand)),
        ("Out-File", typeof(OutFileCommand)),
        ("Out-String", typeof(OutStringCommand)),
        ("Read-Host", typeof(ReadHostCommand)),
        ("Remove-Variable", typeof(RemoveVariableCommand)),
        ("Select-Object", typeof(SelectObjectCommand)),
        ("Select-String", typeof(SelectStringCommand)),
        ("Set-Alias", typeof(SetAliasCommand)),
        ("Set-Variable", typeof(SetVariableCommand)),
        ("Sort-Object", typeof(SortObjectCommand)),
        ("Start-Sleep", typeof(StartSleepCommand)),
        ("Tee-Object", typeof(TeeObjectCommand)),
        ("Update-FormatData", typeof(UpdateFormatDataCommand)),
        ("Write-Debug", typeof(WriteDebugCommand)),
        ("Write-Error", typeof(WriteErrorCommand)),
        ("Write-Host", typeof(WriteHostCommand)),
        ("Write-Information", typeof(WriteInformationCommand)),
        ("Write-Output", typeof(WriteOutputCommand)),
        ("Write-Progress", typeof(WriteProgressCommand)),
        ("Write-Verbose", typeof(WriteVerboseCommand)),
        ("Write-Warning", typeof(WriteWarningCommand)),
    ];

    public static IEnumerable<SessionStateCmdletEntry> Entries() =>
        Entries("Microsoft.PowerShell.Management", Management)
            .Concat(Entries("Microsoft.PowerShell.Security", Security))
            .Concat(Entries("Microsoft.PowerShell.Utility", Utility));

    private static IEnumerable<SessionStateCmdletEntry> Entries(string module, (string Name, Type Type)[] cmdlets)
    {
        var moduleName = EngineInternals.ModuleName(module);
        foreach (var (name, type) in cmdlets)
        {
            var entry = new SessionStateCmdletEntry(name, type, helpFileName: null);
            EngineInternals.AssignTo(entry, moduleName);
            yield return entry;
        }
    }
}
