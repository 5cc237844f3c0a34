#!/bin/sh
# Image classification: from the files that image networks leave to a checked threshold. README.md tells the story.
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

# What is in the files, and what so many samples can certify.
run inspect "$here/imagenet.p"
run plan "$here/imagenet.p"

# Calibrate on one part, check on the other.
run calibrate "$here/logits_single.pth" --part val -e 0.05 --costs "$here/../../digits/costs.json" -o "$out/threshold.json" --report "$out/calibration.md"
run check -t "$out/threshold.json" "$here/logits_single.pth" --part test
run infer -t "$out/threshold.json" "$here/logits_single.pth" --part test -o "$out/answers.csv" --summary "$out/summary.json"

# Without one label: agreement with the full network bounds the accuracy drop.
run calibrate "$here/imagenet.p" --risk prediction-consistency -e 0.05 -o "$out/label-free.json"

# The paper's methods, as it repeats them.
run sweep "$here/imagenet.p" --risk prediction-gap --method crc:last-pass,ucb:wsr,ltt:hb,ucb -e 0.05,0.1 --trials 100 --calibration-size 100
run sweep "$here/imagenet.p" --risk prediction-gap --method naive,crc,ucb,ltt -e 0.01:0.1:0.01 --report "$out/curves.md" --report "$out/curves.csv"
