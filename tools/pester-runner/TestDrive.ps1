# TestDrive: a temporary folder for each test file, as the drive TestDrive: and as the path $TestDrive. What a block
# has put there is removed when the block ends.

$script:TestDriveFolder = $null

function New-TestDrive {
    $folder = [IO.Directory]::CreateTempSubdirectory('pester-').FullName
    $script:TestDriveFolder = $folder
    $provider = $ExecutionContext.SessionState.Provider.GetOne('FileSystem')
    $drive = [System.Management.Automation.PSDriveInfo]::new('TestDrive', $provider, $folder, 'Folder of this test file', $null)
    $null = $ExecutionContext.SessionState.Drive.New($drive, 'Global')
    & $script:InTestScope.SetGlobal 'TestDrive' $folder
    return $folder
}

function Remove-TestDrive([string] $Folder) {
    # A test may have left its location in the drive.
    if ($ExecutionContext.SessionState.Path.CurrentLocation.Drive.Name -eq 'TestDrive') {
        $null = $ExecutionContext.SessionState.Path.SetLocation([IO.Path]::GetTempPath())
    }
    $ExecutionContext.SessionState.Drive.Remove('TestDrive', $true, 'Global')
    & $script:InTestScope.SetGlobal 'TestDrive' $null
    $script:TestDriveFolder = $null
    Remove-Folder $Folder
}

function Get-TestDriveContent {
    return , [System.Collections.Generic.HashSet[string]]::new(
        [string[]] [IO.Directory]::GetFileSystemEntries($script:TestDriveFolder, '*', 'AllDirectories'))
}

function Restore-TestDrive($Before) {
    foreach ($entry in [IO.Directory]::GetFileSystemEntries($script:TestDriveFolder, '*', 'AllDirectories')) {
        if ($Before.Contains($entry)) { continue }
        if ([IO.Directory]::Exists($entry)) { Remove-Folder $entry }
        elseif ([IO.File]::Exists($entry) -or $null -ne [IO.FileInfo]::new($entry).LinkTarget) { [IO.File]::Delete($entry) }
    }
}

function Remove-Folder([string] $Folder) {
    try {
        if ([IO.Directory]::Exists($Folder)) { [IO.Directory]::Delete($Folder, $true) }
    }
    catch [IO.IOException], [UnauthorizedAccessException] {
        $Host.UI.WriteWarningLine("The test folder '$Folder' could not be removed: $($_.Exception.InnerException.Message)")
    }
}
