# JSON files that people write and read.

# Any JSON text, as a person may write it: checked and brought into that form by the framework's own reader first.
function ConvertFrom-TbsJsonFile([string]$Text) {
    if ($IsCoreCLR) {
        $settings = [Newtonsoft.Json.JsonSerializerSettings]::new()
        $settings.DateParseHandling = 'None'
        $plain = [Newtonsoft.Json.JsonConvert]::SerializeObject([Newtonsoft.Json.JsonConvert]::DeserializeObject($Text, $settings))
    }
    else {
        [void][System.Reflection.Assembly]::Load('System.Web.Extensions, Version=4.0.0.0, Culture=neutral, PublicKeyToken=31bf3856ad364e35')
        $serializer = [System.Web.Script.Serialization.JavaScriptSerializer]::new()
        $serializer.MaxJsonLength = [int]::MaxValue
        $plain = $serializer.Serialize($serializer.DeserializeObject($Text))
    }
    $members = ConvertFrom-TbsJson $plain
    if ($members -is [System.Collections.IDictionary]) { [pscustomobject]$members }
}

# Two-space indented, as a person would keep it in a file.
function Format-TbsJson($Value, [string]$Indent = '') {
    $inner = "$Indent  "
    if ($Value -is [System.Management.Automation.PSCustomObject]) {
        $parts = foreach ($property in $Value.PSObject.Properties) {
            $inner + (ConvertTo-TbsJsonString $property.Name) + ': ' + (Format-TbsJson $property.Value $inner)
        }
        if ($parts) { return "{`n" + ($parts -join ",`n") + "`n$Indent}" }
        return '{}'
    }
    ConvertTo-TbsJson $Value
}
