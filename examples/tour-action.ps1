<#
.SYNOPSIS
    The event action of the tour: notes who was locked out, in a file beside this script.
#>
param($TbsEvent)
$note = "$($TbsEvent.Kind) of $($TbsEvent.UserKey): $($TbsEvent.Message)"
$note
Add-Content ([System.IO.Path]::Combine($PSScriptRoot, 'notes.txt')) $note
