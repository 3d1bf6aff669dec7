function Export-TbsPolicy {
    <#
    .SYNOPSIS
        Gives the policy in force as the JSON of a policy file.
    .DESCRIPTION
        Gives what is in force, from all sources together, in the form of the files in policy.d: as text, or with -Path
        written to a file that Test-TbsPolicy and Set-TbsPolicy take.
    .PARAMETER Path
        The file to write; an existing one is replaced.
    .PARAMETER NoClobber
        Leaves an existing file alone, with an error.
    .EXAMPLE
        Export-TbsPolicy -Path desired.json

        Keeps the policy of this machine, to compare others with it.
    .EXAMPLE
        Export-TbsPolicy

        Shows it.
    .INPUTS
        None
    .OUTPUTS
        System.String, or with -Path System.IO.FileInfo
    .LINK
        Test-TbsPolicy
    #>
    [CmdletBinding(SupportsShouldProcess)]
    [OutputType([string], 'System.IO.FileInfo')]
    param(
        [Parameter(Position = 0)]
        [ValidateNotNullOrEmpty()]
        [string]$Path,

        [switch]$NoClobber
    )
    $json = Format-TbsJson (Invoke-TbsRpc $PSCmdlet 'policy/export' $null $null Raw).policy
    if (-not $Path) { return $json }
    $file = $PSCmdlet.GetUnresolvedProviderPathFromPSPath($Path)
    if ($NoClobber -and [System.IO.File]::Exists($file)) {
        $PSCmdlet.ThrowTerminatingError((New-TbsErrorRecord 'TBS_E_BAD_PARAMETER' "'$Path' exists." 'Choose another path, or leave -NoClobber out.' $Path))
    }
    if ($PSCmdlet.ShouldProcess($Path, 'Write the policy in force')) {
        try { [System.IO.File]::WriteAllText($file, "$json`n") }
        catch { $PSCmdlet.ThrowTerminatingError((New-TbsFileRecord $Path $_.Exception)) }
        [System.IO.FileInfo]::new($file)
    }
}
