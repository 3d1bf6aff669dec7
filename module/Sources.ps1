# Loads the functions from the files of Private and Public, in the place of module/dist.

# What was built and does not load is no reason to load something else.
if ($_.Exception -isnot [System.Management.Automation.CommandNotFoundException]) { throw $_ }
foreach ($folder in 'Private', 'Public') {
    foreach ($file in [System.IO.Directory]::GetFiles("$PSScriptRoot/$folder", '*.ps1')) { . $file }
}
