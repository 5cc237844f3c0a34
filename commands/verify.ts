import type { Command } from "commander";
import { calibrate } from "../src/control/calibrate.ts";
import type { GridRequest } from "../src/control/grid-request.ts";
import { type Difference, differences } from "../src/control/reproduction.ts";
import { exitTableSource, lossTableSource } from "../src/control/source.ts";
import type { ThresholdFile } from "../src/control/threshold-file.ts";
import { EexitError } from "../src/errors.ts";
import { type ExitCosts, exitsAsCosts } from "../src/exits/efficiency.ts";
import type { TableDigest } from "../src/io/digest.ts";
import { fingerprint, isSignedBy, readBytes, readVerifyingKey, signaturePath } from "../src/io/signature.ts";
import { parseThresholdText } from "../src/io/threshold-file.ts";
import { thresholdRecord } from "../src/io/threshold-record.ts";
import type { ReportCaution } from "../src/report/document.ts";
import { renderJson } from "../src/report/json.ts";
import { type SignatureFacts, signatureDocument } from "../src/report/signature-document.ts";
import { renderText } from "../src/report/text.ts";
import { type Verification, verifyDocument } from "../src/report/verify-document.ts";
import { loadFor } from "./check-data.ts";
import { offer } from "./completion/offer.ts";
import { addInputOptions, collect, type InputFlags } from "./input-options.ts";
import { digestOf, type Loaded } from "./load-problem.ts";
import { newCommand } from "./new-command.ts";
import { parseChoice } from "./parse-values.ts";
import type { Session } from "./session.ts";
import { parseGrid } from "./statistics-options.ts";

const details = `
Reads the calibration data again and calibrates with the settings of the file alone: its risk, confidence,
clip, ignored labels, ε, δ, method, seed, order, grid, costs and loss-table settings.
  verified                the same rows, and the same policy, threshold and risk, bit for bit
  same rows, other order  tells whether the threshold is still the same
  other data              another hash; nothing is said about the threshold
  not reproduced          the same rows give another file: it was edited, or another version wrote it
Flags only say how to read the data: labels, layout, where a supplied confidence column is.

--public-key checks first, before anything in the file is believed, that every byte of it was signed
with the private half of the key (eexit calibrate --sign). Without inputs nothing else is done:
  signature valid         the file is as it was signed
  signature invalid       the file, the signature or the key is another one`;

interface Flags extends InputFlags {
  publicKey?: string;
  signature?: string;
  confidence?: string[];
  format?: string;
}

const formats = { text: renderText, json: renderJson } as const;

export function verifyCommand(session: Session): Command {
  const command = newCommand("verify", "Hashes match, and recalibration reproduces the threshold bit for bit.", {
    examples: [
      "eexit verify threshold.json sample-data/digits/logits_cal.npy --labels sample-data/digits/labels_cal.npy",
      "eexit verify threshold.json sample-data/digits/logits_cal.arrow --format json | jq -r .verdict",
      "eexit verify threshold.json --public-key pub.pem",
    ],
    details,
    exitStatuses: [
      "0  verified, or without inputs: signature valid",
      "1  same rows in another order, other data, not reproduced, or signature invalid",
      "2  could not do the job (usage, file, data)",
      "3  internal error",
    ],
  });
  command.argument("<threshold>", "the threshold file to verify");
  addInputOptions(command);
  command.option("--confidence <name=file:…>", "where the file's supplied confidence column is", collect);
  command.option("--lambdas <file>", "λ per row [K] of a bare loss table [K, n]");
  command.option("--table-exits <file>", "exits per row [K] or [K, n] of a loss table");
  command.optionsGroup("Signature:");
  command.option("--public-key <file>", "ed25519 public key (PEM) with which the file must be signed");
  command.option("--signature <file>", "where the signature is (default the threshold file's name with .sig)");
  command.optionsGroup("Output:");
  command.option("--format <name>", "text or json (default text)");
  offer(command, "--format", Object.keys(formats));
  command.action((path: string, inputs: string[], flags: Flags) => run(path, inputs, flags, session));
  return command;
}

async function run(path: string, inputs: string[], flags: Flags, session: Session): Promise<void> {
  const format = parseChoice("--format", flags.format ?? "text", Object.keys(formats) as (keyof typeof formats)[]);
  const bytes = await readBytes(path, session.readStdin);
  const signature = await signatureFacts(path, bytes, flags, session);
  if (signature && (!signature.valid || inputs.length === 0)) {
    session.answer(formats[format](signatureDocument(path, signature)));
    if (!signature.valid) session.exitStatus = 1;
    return;
  }
  const file = await parseThresholdText(path, Buffer.from(bytes).toString("utf8"));
  const grid = gridOf(path, file);
  const loaded = await loadFor(file, inputs, flags, session);
  const columns = loaded.kind === "exits" ? { confidence: file.confidence as string, risk: file.risk } : null;
  const digest = digestOf(loaded, columns, file.clip);
  const { sha256, rowDigest } = file.calibration;
  const sameRows = digest.sha256 === sha256 || digest.multiset === rowDigest;
  const again = sameRows ? recalibrated(path, file, loaded, grid, digest) : null;
  const found = again ? differences(file, again) : [];
  const verdict = verdictOf(file, digest, found);
  const document = verifyDocument({
    file,
    verdict,
    found: { samples: loaded.table.sampleCount, sha256: digest.sha256, rowDigest: digest.multiset },
    again,
    differences: found,
    signature,
    cautions: cautionsOf(file, again),
  });
  session.answer(formats[format](document));
  if (verdict !== "verified") session.exitStatus = 1;
}

/** Null without --public-key. Nothing of the file is parsed before this. */
async function signatureFacts(
  path: string,
  bytes: Uint8Array,
  flags: Flags,
  session: Session,
): Promise<SignatureFacts | null> {
  if (flags.publicKey === undefined) {
    if (flags.signature === undefined) return null;
    throw new EexitError(
      "bad-usage",
      `--signature ${flags.signature}: without a key, expected --public-key too`,
      "give the public half of the key that signed: --public-key pub.pem",
    );
  }
  if (path === "-" && flags.signature === undefined) {
    throw new EexitError(
      "bad-usage",
      "--public-key: the threshold file comes from stdin, expected --signature",
      "name the signature: --signature threshold.json.sig",
    );
  }
  const key = await readVerifyingKey(flags.publicKey, session.readStdin);
  const file = flags.signature ?? signaturePath(path);
  return { valid: isSignedBy(bytes, await signatureBytes(file, session), key), file, key: fingerprint(key) };
}

async function signatureBytes(file: string, session: Session): Promise<Uint8Array> {
  try {
    return await readBytes(file, session.readStdin);
  } catch (error) {
    if (!(error instanceof EexitError) || error.code !== "file-missing") throw error;
    throw new EexitError(
      "file-missing",
      `${file}: no such file, expected a signature`,
      "eexit calibrate … --sign key.pem writes it; --signature says where it is",
    );
  }
}

function verdictOf({ calibration }: ThresholdFile, digest: TableDigest, found: readonly Difference[]): Verification {
  if (digest.sha256 === calibration.sha256) return found.length === 0 ? "verified" : "not-reproduced";
  return digest.multiset === calibration.rowDigest ? "same-rows-other-order" : "other-data";
}

function cautionsOf(file: ThresholdFile, again: ThresholdFile | null): ReportCaution[] {
  if (!again || (file.efficiency === null) === (again.efficiency === null)) return [];
  const message = "efficiency was not compared: exits are known to only one of the file and the table (--table-exits)";
  return [{ code: "efficiency-not-compared", message }];
}

/** The threshold file that the data and the file's own settings give. */
function recalibrated(
  path: string,
  file: ThresholdFile,
  loaded: Loaded,
  grid: GridRequest,
  digest: TableDigest,
): ThresholdFile {
  const level = { epsilon: file.epsilon, delta: file.delta ?? 0.1 };
  const order = { seed: file.calibration.seed, shuffle: file.calibration.shuffled };
  const method = { name: file.method, bound: file.bound, crc: file.crc ?? null };
  const costs = costsOf(file);
  const source =
    loaded.kind === "exits"
      ? exitTableSource(loaded.table, file.confidence as string, file.risk, file.clip, costs)
      : lossTableSource(loaded.table, file.clip);
  const problem = source.problem(order);
  const exits = loaded.kind === "exits" && {
    exitCount: loaded.table.exitCount,
    classCount: loaded.table.classCount,
    confidence: file.confidence as string,
    costs: file.costs ? costs : null,
  };
  return thresholdRecord({
    result: recalibrate(path, () => calibrate(problem, { method, level, grid, costs: source.costs })),
    level,
    kind: problem.kind,
    clip: file.clip,
    order,
    sampleCount: problem.sampleCount,
    digest,
    inputFacts: loaded.facts,
    ignoreLabels: file.ignoreLabel ?? [],
    exits: exits || null,
    lossTable: problem.table,
    gridValues: null,
    meta: {},
  });
}

/** Settings that no calibration accepts (ε above the loss bound, cp for a signed loss) can only have been edited in. */
function recalibrate<Result>(path: string, calibrateAgain: () => Result): Result {
  try {
    return calibrateAgain();
  } catch (error) {
    if (!(error instanceof EexitError)) throw error;
    const message = `${path}: its settings cannot be calibrated with: ${error.message}`;
    throw new EexitError("threshold-invalid", message, "the file was edited; calibrate again");
  }
}

function costsOf({ costs, efficiency, exits }: ThresholdFile): ExitCosts {
  return costs ? { costs, unit: efficiency?.costUnit ?? "cost" } : exitsAsCosts(exits ?? 2);
}

/** The grid as the file records it; `gridValues` of a grid file go before the file itself, which may have changed. */
function gridOf(path: string, { grid, gridValues }: ThresholdFile): GridRequest {
  if (grid === "table") return { kind: "exact" };
  if (!grid.startsWith("file:")) return parseGrid(grid);
  if (gridValues) return { kind: "values", values: Float64Array.from(gridValues), text: grid };
  const message = `${path}: grid is ${grid} but gridValues is missing, expected the thresholds that were tested`;
  throw new EexitError("threshold-invalid", message, "calibrate again");
}
