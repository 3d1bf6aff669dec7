function New-TbsFileRecord([string]$Path, $Exception) {
    while ($Exception.InnerException) { $Exception = $Exception.InnerException }
    New-TbsErrorRecord 'TBS_E_BAD_PARAMETER' "'$Path' cannot be used: $($Exception.Message)" 'Correct the path, the file or the access to it.' $Path
}
