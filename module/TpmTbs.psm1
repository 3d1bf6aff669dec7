# Loads the functions: from the one file that `node tools/build-module.mjs` makes of them, which is faster, or each from
# its own where there is none, or where a source or the list of sources is newer. Login scripts wait for this: member
# access and comparison work on whole arrays here, since a loop in script would cost more than the rest.

$script:ModuleFolder = $PSScriptRoot
$merged = [System.IO.FileInfo]::new("$PSScriptRoot/dist/TpmTbs.functions.ps1")
$isCurrent = $merged.Exists
if ($isCurrent -and [System.IO.Directory]::Exists("$PSScriptRoot/Public")) {
    # Files, and the folders that hold them: a source that was removed or renamed changes the folder's time.
    $private = [System.IO.DirectoryInfo]::new("$PSScriptRoot/Private")
    $public = [System.IO.DirectoryInfo]::new("$PSScriptRoot/Public")
    $sources = $private.GetFiles() + $public.GetFiles() + $private + $public
    if ($sources.LastWriteTimeUtc -gt $merged.LastWriteTimeUtc) { $isCurrent = $false }
}
if ($isCurrent) { . $merged.FullName }
else {
    foreach ($folder in 'Private', 'Public') {
        foreach ($file in [System.IO.Directory]::GetFiles("$PSScriptRoot/$folder", '*.ps1')) { . $file }
    }
}

# What the client holds ends with the module.
$ExecutionContext.SessionState.Module.OnRemove = { Close-TbsConnection $script:TbsConnection }
