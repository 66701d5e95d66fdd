# Completions of zkx for fish 3.4 and newer. `zkx completions fish` prints this file.
#
# zkx is asked itself, also for the znodes of the server that the line names; after 300 ms at most
# it is silent. The line goes through its standard input: arguments are seen by everybody.

function __zkx_complete
    set -l words (commandline -opc)
    set -l word (commandline -ct)
    # Behind assignments for this one command.
    set -l zkx (string replace -r '^~/' "$HOME/" -- (string match -rv '^\w+=' -- $words)[1])
    test -x "$zkx"; or set zkx zkx
    printf '%s\0' $words "$word" | command $zkx complete fish 2>/dev/null
end

complete -c zkx -e
complete -c zkx -f -k -a '(__zkx_complete)'
