import { spawnSync } from "node:child_process";
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { appendFileSync, copyFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { fromBinary } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { ModelProtoSchema } from "../../src/onnx/proto/onnx-pb.ts";
import { runCli } from "../support/run-cli.ts";
import { answerOf, digits, fresh, labelled, scratchFolder, succeed } from "../support/scratch.ts";

const scratch = scratchFolder();
const pair = generateKeyPairSync("ed25519");
const pem = (name: string, key: KeyObject) =>
  scratch.write(name, key.export({ type: key.type === "private" ? "pkcs8" : "spki", format: "pem" }) as string);
const key = pem("key.pem", pair.privateKey);
const pub = pem("pub.pem", pair.publicKey);
const other = pem("other.pem", generateKeyPairSync("ed25519").publicKey);
let count = 0;

/** A signed threshold file of its own for each test. */
async function signed(...argv: string[]): Promise<string> {
  const path = scratch.path(`threshold-${count++}.json`);
  await succeed(["calibrate", ...labelled, "-e", "0.05", "-o", path, "--sign", key, ...argv]);
  return path;
}

async function verified(...argv: string[]) {
  const { status, stdout, stderr } = await runCli(["verify", ...argv, "--format", "json"]);
  if (stdout === "") throw new Error(stderr);
  return { status, answer: JSON.parse(stdout) };
}

describe("calibrate --sign", () => {
  it("writes 64 bytes beside the file, whose own bytes do not change, and equal files get equal signatures", async () => {
    const [first, second] = [await signed(), await signed()];
    const plain = scratch.path("plain.json");
    await succeed(["calibrate", ...labelled, "-e", "0.05", "-o", plain]);
    expect(readFileSync(first)).toEqual(readFileSync(plain));
    expect(readFileSync(`${first}.sig`)).toHaveLength(64);
    expect(readFileSync(`${first}.sig`)).toEqual(readFileSync(`${second}.sig`));
    expect(existsSync(`${plain}.sig`)).toBe(false);
  });

  it("takes the key from a pipe", async () => {
    const path = scratch.path("piped.json");
    await succeed(["calibrate", ...labelled, "-e", "0.05", "-o", path, "--sign", "-"], { stdin: readFileSync(key) });
    expect((await verified(path, "--public-key", pub)).status).toBe(0);
  });

  it("says when an unsigned file has taken the place of a signed one, and only then", async () => {
    const path = await signed();
    const again = (epsilon: string) => succeed(["calibrate", ...labelled, "-e", epsilon, "-o", path]);
    expect((await again("0.05")).stderr).not.toContain(".sig");
    expect((await again("0.06")).stderr).toContain(`note: ${path}.sig belongs to an earlier file and will not verify`);
    expect((await verified(path, "--public-key", pub)).answer.verdict).toBe("signature-invalid");
  });

  it.each([[[]], [["-o", "-"]], [["-o", "/dev/null"]]])("needs a file to lie beside: %s", async (argv) => {
    const { status, code, stdout } = await runCli(["calibrate", ...labelled, "-e", "0.05", "--sign", key, ...argv]);
    expect([status, code, stdout]).toEqual([2, "bad-usage", ""]);
    expect(existsSync("/dev/null.sig")).toBe(false);
  });

  it("never writes over its own key", async () => {
    const copy = scratch.write("copy.json", readFileSync(key));
    copyFileSync(key, scratch.path("out.json.sig"));
    for (const argv of [
      ["-o", copy, "--sign", copy],
      ["-o", scratch.path("out.json"), "--sign", scratch.path("out.json.sig")],
    ]) {
      const { status, code } = await runCli(["calibrate", ...labelled, "-e", "0.05", ...argv]);
      expect([status, code]).toEqual([2, "file-exists"]);
    }
    expect(readFileSync(copy)).toEqual(readFileSync(key));
  });
});

describe("verify --public-key", () => {
  it("with data, all of it: signature, hashes, recalibration", async () => {
    const { status, answer } = await verified(await signed(), ...labelled, "--public-key", pub);
    expect([status, answer.verdict, answer.signature.valid]).toEqual([0, "verified", true]);
    expect(answer.signature.key).toMatch(/^[0-9a-f]{64}$/);
  });

  it("without data, the signature alone; without a key, no word of it", async () => {
    const path = await signed();
    const { status, answer } = await verified(path, "--public-key", pub);
    expect([status, answer.verdict, answer.threshold]).toEqual([0, "signature-valid", null]);
    expect((await verified(path, ...labelled)).answer.signature).toBe(null);
  });

  it.each([
    ["another threshold", (text: string) => text.replace('"threshold": 0.', '"threshold": 0.0')],
    ["another number of spaces", (text: string) => text.replace("{\n  ", "{\n   ")],
    ["a note", (text: string) => text.replace("{\n", '{\n  "note": "harmless",\n')],
    ["no newline at the end", (text: string) => text.trimEnd()],
    ["no JSON any more", (text: string) => text.slice(1)],
    ["nothing", () => ""],
  ])("refuses a file with %s, before any of it is believed", async (_, edit) => {
    const path = await signed();
    writeFileSync(path, edit(readFileSync(path, "utf8")));
    const { status, answer } = await verified(path, ...labelled, "--public-key", pub);
    expect([status, answer.verdict]).toEqual([1, "signature-invalid"]);
  });

  it("refuses another key, another file's signature and a longer one", async () => {
    const path = await signed();
    const wider = await signed("--meta", "x=y");
    expect((await verified(path, "--public-key", other)).status).toBe(1);
    expect((await verified(path, "--public-key", pub, "--signature", `${wider}.sig`)).status).toBe(1);
    appendFileSync(`${path}.sig`, "\n");
    expect((await verified(path, "--public-key", pub)).status).toBe(1);
  });

  it("takes file and signature from elsewhere", async () => {
    const path = await signed();
    const argv = ["verify", "-", "--public-key", pub, "--signature", `${path}.sig`];
    expect((await runCli(argv, { stdin: readFileSync(path) })).status).toBe(0);
  });

  it.each([
    ["no signature", [], "file-missing", "eexit calibrate … --sign key.pem writes it"],
    ["stdin without --signature", ["-"], "bad-usage", "name the signature"],
  ])("%s is status 2", async (_, argv, code, hint) => {
    const path = digits("threshold.json");
    const found = await runCli(["verify", argv[0] ?? path, "--public-key", pub], { stdin: "{}" });
    expect([found.status, found.code]).toEqual([2, code]);
    expect(found.stderr).toContain(hint);
  });

  it("--signature alone is no question", async () => {
    const { code } = await runCli(["verify", digits("threshold.json"), ...labelled, "--signature", "x.sig"]);
    expect(code).toBe("bad-usage");
  });
});

describe("keys", () => {
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const encrypted = scratch.write(
    "encrypted.pem",
    pair.privateKey.export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "x" }) as string,
  );
  const openssh = scratch.write("id", "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n");
  const sshPublic = scratch.write("id.pub", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA me\n");

  it.each([
    ["an encrypted key", encrypted, "an encrypted key", "--sign <(openssl pkey -in key.pem)"],
    ["another kind of key", pem("rsa.pem", rsa.privateKey), "a key of type rsa, expected an ed25519 key", "genpkey"],
    ["the public half", pub, "a public key, expected the private one", "verify --public-key"],
    ["OpenSSH's format", openssh, "OpenSSH's own format, expected PKCS#8", "genpkey"],
    ["no key", digits("threshold.json"), "no private key in PEM", "genpkey"],
    [
      "damage",
      scratch.write("cut.pem", readFileSync(key, "utf8").replace("MC", "")),
      "no private key in PEM",
      "genpkey",
    ],
    ["a large file", digits("inputs_cal.npy"), "bytes, expected a key in PEM", "genpkey"],
  ])("--sign refuses %s", async (_, path, found, hint) => {
    const out = scratch.path("never.json");
    const { status, code, stderr } = await runCli(["calibrate", ...labelled, "-e", "0.05", "-o", out, "--sign", path]);
    expect([status, code]).toEqual([2, "key-invalid"]);
    expect(stderr).toContain(`eexit: ${path}: `);
    expect(stderr).toContain(found);
    expect(stderr).toContain(hint);
    expect(existsSync(out)).toBe(false);
  });

  it.each([
    ["the private half", key, "a private key, expected the public one", "-pubout"],
    ["an encrypted private half", encrypted, "a private key, expected the public one", "-pubout"],
    ["another kind of key", pem("rsapub.pem", rsa.publicKey), "a key of type rsa, expected an ed25519 key", "genpkey"],
    ["OpenSSH's format", sshPublic, "OpenSSH's own format, expected PEM (SPKI)", "genpkey"],
    ["no key", digits("threshold.json"), "no public key in PEM", "genpkey"],
  ])("--public-key refuses %s", async (_, path, found, hint) => {
    const { status, code, stderr } = await runCli(["verify", digits("threshold.json"), "--public-key", path]);
    expect([status, code]).toEqual([2, "key-invalid"]);
    expect(stderr).toContain(found);
    expect(stderr).toContain(hint);
  });
});

describe("a signed file in use", () => {
  it("check, explain and infer read it as any other", async () => {
    const path = await signed();
    expect((await answerOf(["check", "-t", path, ...fresh, "--format", "json"])).verdict).toBe("holds");
    await succeed(["explain", path]);
    await succeed(["infer", "-t", path, digits("logits_test.npy"), "-o", scratch.path("answers.csv")]);
  });

  it("bake keeps its bytes in the model, so that a baked model can be verified too", async () => {
    const path = await signed();
    const baked = scratch.path("fast.onnx");
    await succeed(["bake", digits("model.onnx"), "-t", path, "-o", baked]);
    const { metadataProps } = fromBinary(ModelProtoSchema, readFileSync(baked));
    const kept = metadataProps.find((entry) => entry.key === "eexit.threshold")?.value as string;
    const copy = scratch.write("from-model.json", kept);
    const argv = ["verify", copy, "--public-key", pub, "--signature", `${path}.sig`];
    expect((await runCli(argv)).status).toBe(0);
  });

  const openssl = spawnSync("openssl", ["version"]).status === 0;
  if (!openssl) process.stderr.write("sign.test.ts: no openssl here: its reading of our signatures is not tested\n");
  it.skipIf(!openssl)("openssl verifies it, and we verify what openssl signed", async () => {
    const path = await signed();
    const run = (argv: string[]) => spawnSync("openssl", argv).status;
    const file = ["-rawin", "-in", path];
    expect(run(["pkeyutl", "-verify", "-pubin", "-inkey", pub, ...file, "-sigfile", `${path}.sig`])).toBe(0);
    const theirs = scratch.path("theirs.sig");
    expect(run(["pkeyutl", "-sign", "-inkey", key, ...file, "-out", theirs])).toBe(0);
    expect(readFileSync(theirs)).toEqual(readFileSync(`${path}.sig`));
  });
});
