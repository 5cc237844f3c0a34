#!/bin/sh
# Language: outputs that are generated anew for every threshold. README.md tells the story.
# usage: sh run.sh [OUT]      with eexit on the PATH, or EEXIT="node .../dist/bin/eexit.js" before it
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-out}
mkdir -p "$out"
run() {
  echo "$ eexit $*"
  ${EEXIT:-eexit} "$@"
  echo
}

# Early exit per word: the larger λ, the safer. Scores, and a mean exit per λ.
run inspect "$here/calm_cal.p"
run plan "$here/calm_cal.p"
run calibrate "$here/calm_cal.p" -e 0.02 -o "$out/calm.json"
run explain "$out/calm.json"
run check -t "$out/calm.json" "$here/calm_test.p"
run sweep "$here/calm_cal.p" "$here/calm_test.p" -e 0.02,0.05 --method ucb:wsr,ltt:hb,ucb --trials 100 --calibration-size 100

# A small and a large model: the smaller λ, the safer. Scores, and seconds per sentence.
run inspect "$here/bild_cal.npz" --lambda-direction up
run calibrate "$here/bild_cal.npz" --lambda-direction up --cost-unit seconds -e 0.03 -o "$out/bild.json"
run verify "$out/bild.json" "$here/bild_cal.npz"
run check -t "$out/bild.json" "$here/bild_test.npz"
