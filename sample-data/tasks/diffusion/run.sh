#!/bin/sh
# Diffusion: images drawn with steps that leave early. README.md tells the story.
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

run inspect "$here/deediff_cal.npz"
run plan "$here/deediff_cal.npz"
run calibrate "$here/deediff_cal.npz" -e 0.02 -o "$out/threshold.json"
run check -t "$out/threshold.json" "$here/deediff_test.npz" --min-saving 0.2

# The mean loss falls behind a rise: a method that takes the last passing row walks past it.
run calibrate "$here/deediff_cal.npz" -e 0.01 --method naive -o "$out/naive.json"
run calibrate "$here/deediff_cal.npz" -e 0.01 -o "$out/safe.json"
run sweep "$here/deediff_cal.npz" -e 0.01,0.02,0.05 --method naive,crc:monotone,ucb,ltt --audit --trials 60 --calibration-size 400
