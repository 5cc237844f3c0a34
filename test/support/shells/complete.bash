# Usage: bash complete.bash <completion script> <line>...
# What bash offers at a TAB at the end of each line, one word per line (the whole words: what bash keeps of the line in front),
# "--" after each line's words. Words are broken at white space, "=" and ":", as readline does.
source "$1"
shift
for COMP_LINE; do
  COMP_POINT=${#COMP_LINE}
  COMP_WORDS=()
  word=
  for ((at = 0; at < COMP_POINT; at++)); do
    letter=${COMP_LINE:at:1}
    case $letter in
      ' ') [[ -n $word ]] && COMP_WORDS+=("$word"); word= ;;
      = | :) [[ -n $word ]] && COMP_WORDS+=("$word"); COMP_WORDS+=("$letter"); word= ;;
      *) word+=$letter ;;
    esac
  done
  COMP_WORDS+=("$word")
  COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
  _eexit eexit "$word" "${COMP_WORDS[COMP_CWORD - 1]}"
  whole=${COMP_LINE##* }
  for reply in "${COMPREPLY[@]}"; do printf '%s\n' "${whole%"$word"}$reply"; done
  echo --
done
