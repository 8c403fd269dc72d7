# What completes `wakeful` in bash. The program itself knows what fits: commands, options, hosts, operations.
_wakeful() {
    local line=${COMP_LINE:0:COMP_POINT} current prefix="" candidate
    local -a words
    read -ra words <<<"$line"
    [[ $line == *[[:space:]] ]] && words+=("")
    current=${words[${#words[@]} - 1]}
    # Readline replaces only what stands behind the last "=".
    [[ $current == *=* && $COMP_WORDBREAKS == *=* ]] && prefix=${current%"${current##*=}"}
    COMPREPLY=()
    while IFS= read -r candidate; do
        COMPREPLY+=("${candidate#"$prefix"}")
    done < <("${words[0]}" __complete "${words[@]:1}" 2>/dev/null)
    [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]] && compopt -o nospace 2>/dev/null
    return 0
}
complete -F _wakeful wakeful
