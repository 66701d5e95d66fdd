# Completions of zkx for PowerShell. `zkx completions powershell` prints this file.
#
# zkx is asked itself, also for the znodes of the server that the line names; after 300 ms at most
# it is silent. The line goes through its standard input: arguments are seen by everybody.

Register-ArgumentCompleter -Native -CommandName zkx -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $word = ''
    $words = @(
        foreach ($element in $commandAst.CommandElements) {
            $extent = $element.Extent
            if ($extent.EndOffset -lt $cursorPosition) {
                if ($element -is [System.Management.Automation.Language.StringConstantExpressionAst]) {
                    $element.Value
                } else {
                    $extent.Text
                }
            } elseif ($extent.StartOffset -lt $cursorPosition) {
                $word = $extent.Text.Substring(0, $cursorPosition - $extent.StartOffset)
            }
        }
    )
    $zkx = Get-Command -Name zkx -CommandType Application -ErrorAction Ignore | Select-Object -First 1
    if (-not $zkx) { return }
    $OutputEncoding = [System.Text.UTF8Encoding]::new($false)
    $line = -join ($words + $word | ForEach-Object { "$_`0" })
    $line | & $zkx complete powershell 2>$null | ForEach-Object {
        $value, $label, $help = $_ -split "`t"
        [System.Management.Automation.CompletionResult]::new($value, $label, 'ParameterValue', $help)
    }
}
