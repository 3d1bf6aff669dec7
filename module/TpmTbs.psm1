# Loads the functions: from the one file that `node tools/build-module.mjs` makes of them, which is faster, or each from
# its own where that was not built, or with $env:TPMTBS_MODULE_SOURCES set, which makes this a path that does not exist.
# Login scripts wait for this. It runs no more kinds of statements than it needs, since the engine pays for the first use of
# each, and names no type by its full name. Nothing asks whether the one file is current: the build makes it, a test compares.

$script:LoadSources = {
    # What was built and does not load is no reason to load something else.
    if ($_.Exception -isnot ('System.Management.Automation.CommandNotFoundException' -as [type])) { throw $_ }
    foreach ($folder in 'Private', 'Public') {
        foreach ($file in ('System.IO.Directory' -as [type])::GetFiles("$PSScriptRoot/$folder", '*.ps1')) { . $file }
    }
}
try { . ('{0}/dist{1}/TpmTbs.functions.ps1' -f $PSScriptRoot, $env:TPMTBS_MODULE_SOURCES) }
catch { . $script:LoadSources }
