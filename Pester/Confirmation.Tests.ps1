# A question that cannot be asked means no: in every kind of session that cannot answer, for every cmdlet that asks.

BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
    $broker = Connect-SharedBroker
    # What each cmdlet that asks by itself needs beside.
    $arguments = @{
        'Clear-Tpm'                   = ''
        'Remove-TbsResource'          = '-Id nothing'
        'Request-TpmPhysicalPresence' = '-Operation Clear'
        'Stop-TbsService'             = ''
    }
    $asking = foreach ($command in Get-Command -Module TpmTbs) {
        $attribute = $command.ImplementingType.GetCustomAttributes([System.Management.Automation.CmdletAttribute], $false)[0]
        if ($attribute.ConfirmImpact -eq 'High') { $command.Name }
    }
    $import = "Import-Module '$RepositoryRoot/TpmTbs.psd1'"
    # One word for each cmdlet: the first part of the ErrorId that it ended with, or 'done'.
    $try = (@(foreach ($name in $asking) { "try { $name $($arguments[$name]) -ErrorAction Stop | Out-Null; '$name done' } catch { '$name ' + (`$_.FullyQualifiedErrorId -split ',')[0] }" }) -join "`n")
    $expected = @(foreach ($name in $asking) { "$name TbsConfirmationImpossible" }) -join "`n"
    function Confirm-Refused($Output) {
        (@($Output) -join "`n") | Should -Be $expected
        (Get-TbsStatus).State | Should -Be 'Running'
    }
}

Describe 'a question that cannot be asked' {
    It 'is known for every cmdlet that asks' {
        $asking | Sort-Object | Should -Be ($arguments.Keys | Sort-Object)
    }

    It 'means no with -NonInteractive' {
        Confirm-Refused (& pwsh -NoProfile -NonInteractive -Command "$import`n$try")
    }

    It 'means no in a job' {
        Confirm-Refused (Start-Job { param($import, $try) . ([scriptblock]::Create("$import`n$try")) } -ArgumentList $import, $try | Receive-Job -Wait)
    }

    It 'means no in ForEach-Object -Parallel' {
        Confirm-Refused (& pwsh -NoProfile -Command "1 | ForEach-Object -Parallel { $import`n$try }")
    }
}
