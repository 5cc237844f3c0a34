# Usage: zsh -f complete.zsh <completion script> <line>...
# What zsh offers at a TAB at the end of each line, one word per line, "--" after each line's words.
zmodload zsh/zpty || exit 3
zpty child zsh -f -i
zpty -w child "PS1= PS2= RPS1=; stty -echo; autoload -Uz compinit; compinit -u -D; source ${(q)1}"
zpty -w child '
compadd() {
  local -a hits
  if [[ ${@[1,(i)(-|--)]} != *-[OAD]* ]]; then
    builtin compadd -A hits "$@"
    (( $#hits )) && print -rl -- "<HIT>"${^hits}"<>"
  fi
  builtin compadd "$@"
}
capture() { _main_complete; print "<E""ND>"; }
zle -C capture complete-word capture
bindkey "^I" capture
print "<REA""DY>"'
zpty -r child out '*<READY>*' || exit 4
shift
for line; do
  zpty -w -n child $'\C-u'$line$'\t'
  zpty -r child out '*<END>*' || exit 5
  for word in ${(f)out}; do
    [[ $word == *'<HIT>'*'<>'* ]] && print -r -- ${${word#*'<HIT>'}%%'<>'*}
  done
  print -- --
done
zpty -d child
