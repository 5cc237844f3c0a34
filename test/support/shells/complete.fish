# Usage: fish --no-config complete.fish <completion script> <line>...
# What fish offers at a TAB at the end of each line, one word per line, "--" after each line's words.
source $argv[1]
for line in $argv[2..]
    complete -C $line | string replace -r '\t.*' ''
    printf '%s\n' --
end
