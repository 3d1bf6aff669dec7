# Loads the functions: from the one file that `node tools/build-module.mjs` makes of them, which is faster, or each from
# its own where that was not built, or with $env:TPMTBS_MODULE_SOURCES set. Login scripts wait for this, so nothing here
# asks whether the one file is current: the build makes it, and a test compares it.

$script:ModuleFolder = $PSScriptRoot
try {
    if ($env:TPMTBS_MODULE_SOURCES -like '?*') { throw [System.Management.Automation.CommandNotFoundException]::new() }
    . "$PSScriptRoot/dist/TpmTbs.functions.ps1"
}
catch [System.Management.Automation.CommandNotFoundException] {
    foreach ($folder in 'Private', 'Public') {
        foreach ($file in [System.IO.Directory]::GetFiles("$PSScriptRoot/$folder", '*.ps1')) { . $file }
    }
}
