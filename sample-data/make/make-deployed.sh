#!/bin/sh
# Rebuilds stages/, threshold.json and baked.onnx of sample-data/digits from model.onnx and the arrays of the same folder.
# usage, from the root of the repository: npm run build && sh sample-data/make/make-deployed.sh DIGITS_DIR
set -eu
digits=$1
eexit() { node dist/bin/eexit.js "$@"; }

eexit split "$digits/model.onnx" --input "$digits/inputs_cal.npy" -o "$digits/stages/" --force
eexit calibrate "$digits/logits_cal.npy" --labels "$digits/labels_cal.npy" -e 0.05 \
  --costs "$digits/stages/manifest.json" -o "$digits/threshold.json"
eexit bake "$digits/model.onnx" -t "$digits/threshold.json" --input "$digits/inputs_cal.npy" \
  -o "$digits/baked.onnx" --force
