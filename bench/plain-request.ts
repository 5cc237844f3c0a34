import type { InputRequest } from "../src/io/input-request.ts";

/** How inputs are read when nobody says anything. */
export const plainRequest: InputRequest = {
  inputs: [],
  labels: [],
  labelColumn: null,
  ignoreLabels: [],
  layout: null,
  values: "auto",
  exits: null,
  part: null,
  confidences: "default",
  risks: "default",
  lossRange: null,
  binary: false,
  lambdas: null,
  tableExits: null,
  scores: false,
  readStdin: () => Promise.reject(new Error("no stdin here")),
  threads: 1,
};
