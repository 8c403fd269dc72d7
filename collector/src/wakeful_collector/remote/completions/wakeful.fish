# What completes `wakeful` in fish. The program itself knows what fits: commands, options, hosts, operations.
function __wakeful_candidates
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    $words[1] __complete $words[2..-1] "$current" 2>/dev/null
end
complete -c wakeful -f -a '(__wakeful_candidates)'
