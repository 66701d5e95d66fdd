# Completions of zkx for bash 4.4 and newer. `zkx completions bash` prints this file.
#
# zkx is asked itself, also for the znodes of the server that the line names; after 300 ms at most
# it is silent. The line goes through its standard input: arguments are seen by everybody.

_zkx() {
    local zkx=$1
    # shellcheck disable=SC2088 # as it was typed
    [[ $zkx != "~/"* ]] || zkx=$HOME/${zkx#"~/"}
    [[ -x $zkx ]] || zkx=zkx
    # The first line is an option for compopt.
    mapfile -t COMPREPLY < <(
        printf '%s\0' "${COMP_LINE:0:COMP_POINT}" "$2" |
            command "$zkx" complete bash "$COMP_TYPE" "${COLUMNS:-80}" 2>/dev/null
    )
    [[ -z ${COMPREPLY[0]-} ]] || compopt -o "${COMPREPLY[0]}"
    COMPREPLY=("${COMPREPLY[@]:1}")
}

complete -o nosort -F _zkx zkx
