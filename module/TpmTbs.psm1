# Loads the functions: from the one file that `node tools/build-module.mjs` makes of them, which is faster, or each from
# its own where there is none or where it is not of these sources. Newer sources, sources of another length and removed
# ones all make it stale; a change of a folder shows in the folder's own time.

$script:ModuleFolder = $PSScriptRoot
$merged = [System.IO.FileInfo]::new("$PSScriptRoot/dist/TpmTbs.functions.ps1")
$folders = [System.IO.DirectoryInfo]::new("$PSScriptRoot/Private"), [System.IO.DirectoryInfo]::new("$PSScriptRoot/Public")
$isCurrent = $merged.Exists
if ($isCurrent -and $folders[1].Exists) {
    $builtAt = $merged.LastWriteTimeUtc
    $length = 0
    foreach ($folder in $folders) {
        if ($folder.LastWriteTimeUtc -gt $builtAt) { $isCurrent = $false }
        foreach ($file in $folder.GetFiles('*.ps1')) {
            if ($file.LastWriteTimeUtc -gt $builtAt) { $isCurrent = $false }
            $length += $file.Length
        }
    }
    # The first line is: # sources: <bytes>
    if ($isCurrent) {
        $reader = [System.IO.StreamReader]::new($merged.FullName)
        $isCurrent = $reader.ReadLine() -ceq "# sources: $length"
        $reader.Dispose()
    }
}
if ($isCurrent) { . $merged.FullName }
else {
    foreach ($folder in $folders) {
        foreach ($file in $folder.GetFiles('*.ps1')) { . $file.FullName }
    }
}

# What the client holds ends with the module.
$ExecutionContext.SessionState.Module.OnRemove = { Close-TbsConnection $script:TbsConnection }

# On Windows its own module keeps its names; FunctionsToExport of the manifest is all that may be exported here.
if (Test-TbsWindows) {
    $hidden = Get-TpmHiddenCommand "$env:SystemRoot/System32/WindowsPowerShell/v1.0/Modules"
    if ($hidden) { Export-ModuleMember -Function @(foreach ($name in $ExecutionContext.SessionState.Module.ExportedFunctions.Keys) { if ($hidden -notcontains $name) { $name } }) }
}
