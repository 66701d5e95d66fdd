# Completions of zkx for Elvish 0.19 and newer. `zkx completions elvish` prints this file.
#
# zkx is asked itself, also for the znodes of the server that the line names; after 300 ms at most
# it is silent. The line goes through its standard input: arguments are seen by everybody.

use str

set edit:completion:arg-completer[zkx] = {|@words|
  try {
    each {|word| print $word"\x00" } $words | (external zkx) complete elvish 2>/dev/null | from-lines | each {|line|
      var value suffix display = (str:split "\t" $line)
      edit:complex-candidate $value &code-suffix=$suffix &display=$display
    }
  } catch _ {
  }
}
