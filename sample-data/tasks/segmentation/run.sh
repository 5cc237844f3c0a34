#!/bin/sh
# Segmentation: a model that answers per pixel, and leaves per image. README.md tells the story.
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

# What leaving costs, then one row per image: nine confidences and four losses, straight from the model.
run split "$here/model.onnx" --input "$here/scenes_cal.npy" -o "$out/stages/" --force
run score --model "$here/model.onnx" --input "$here/scenes_cal.npy" --labels "$here/maps_cal.npy" --ignore-label 255 \
  --confidence top1@mean,top1@quantile:0.25,top1@patch:8,top-diff@mean,top-diff@quantile:0.25,top-diff@patch:8,entropy@mean,entropy@quantile:0.25,entropy@patch:8 \
  --costs "$out/stages/manifest.json" -o "$out/cal.arrow"
run inspect "$out/cal.arrow" --confidence top1,top1@patch:8

# All nine at once, then one threshold: the confidence was fixed before looking.
run sweep "$out/cal.arrow" --risk miscoverage,miou-gap --method ucb,ltt -e 0.05,0.1 --report "$out/nine.csv" \
  --confidence top1@mean,top1@quantile:0.25,top1@patch:8,top-diff@mean,top-diff@quantile:0.25,top-diff@patch:8,entropy@mean,entropy@quantile:0.25,entropy@patch:8
run calibrate "$out/cal.arrow" --risk miscoverage --confidence top1@mean -e 0.05 -o "$out/threshold.json"
run calibrate "$out/cal.arrow" --risk miou-gap --confidence top1@mean -e 0.1 -o "$out/miou.json"

# Fresh scenes: test the promise, then leave early for real and keep the class maps.
run score --model "$here/model.onnx" --input "$here/scenes_test.npy" --labels "$here/maps_test.npy" --ignore-label 255 \
  -o "$out/test.arrow"
run check -t "$out/threshold.json" "$out/test.arrow"
run check -t "$out/miou.json" "$out/test.arrow"
run infer -t "$out/threshold.json" --model "$out/stages/" --input "$here/scenes_test.npy" \
  --predictions "$out/maps.npy" -o "$out/answers.csv" --summary "$out/summary.json"
