#compdef wakeful
# What completes `wakeful` in zsh. The program itself knows what fits: commands, options, hosts, operations.
_wakeful() {
    local -a candidates whole open
    candidates=("${(@f)$("${words[1]}" __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}")
    candidates=("${(@)candidates:#}")
    whole=("${(@)candidates:#*=}")
    open=("${(@M)candidates:#*=}")
    (( ${#whole} )) && compadd -- "${whole[@]}"
    (( ${#open} )) && compadd -S '' -- "${open[@]}"
    return 0
}
if [[ ${funcstack[1]} == _wakeful ]]; then _wakeful "$@"; else compdef _wakeful wakeful; fi
