# Loads the functions: from the one file that `node tools/build-module.mjs` makes of them, which is faster, or each from
# its own (Sources.ps1) where that was not built, or with $env:TPMTBS_MODULE_SOURCES set, which makes this a path that
# does not exist. Login scripts wait for this: it has no more kinds of statements than it needs, since the engine pays
# for the first use of each, and nothing asks whether the one file is current: the build makes it, and a test compares it.

try { . ('{0}/dist{1}/TpmTbs.functions.ps1' -f $PSScriptRoot, $env:TPMTBS_MODULE_SOURCES) }
catch { . ('{0}/Sources.ps1' -f $PSScriptRoot) }
