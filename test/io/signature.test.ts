import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { fingerprint, isSignedBy, readBytes, signatureOf, signaturePath } from "../../src/io/signature.ts";
import { scratchFolder } from "../support/scratch.ts";

/** RFC 8032, section 7.1, TEST 3. */
const rfc = {
  secret: "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
  public: "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
  message: "af82",
  signature:
    "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
};
const hex = (text: string) => Buffer.from(text, "hex");
/** RFC 8410: the fixed DER around the 32 bytes. */
const privateKey: KeyObject = createPrivateKey({
  key: hex(`302e020100300506032b657004220420${rfc.secret}`),
  format: "der",
  type: "pkcs8",
});
const publicKey: KeyObject = createPublicKey({
  key: hex(`302a300506032b6570032100${rfc.public}`),
  format: "der",
  type: "spki",
});
const scratch = scratchFolder();

describe("signatures of threshold files", () => {
  it("are those of RFC 8032", () => {
    expect(Buffer.from(signatureOf(hex(rfc.message), privateKey)).toString("hex")).toBe(rfc.signature);
    expect(isSignedBy(hex(rfc.message), hex(rfc.signature), publicKey)).toBe(true);
  });

  it("are for every byte: any other byte anywhere in the file or in the signature is refused", () => {
    const file = readFileSync("sample-data/digits/threshold.json");
    const signature = signatureOf(file, privateKey);
    expect(isSignedBy(file, signature, publicKey)).toBe(true);
    const accepted: string[] = [];
    for (let at = 0; at < file.length; at++) {
      file[at] ^= 1 << (at % 8);
      if (isSignedBy(file, signature, publicKey)) accepted.push(`file byte ${at}`);
      file[at] ^= 1 << (at % 8);
    }
    for (let bit = 0; bit < 8 * signature.length; bit++) {
      signature[bit >> 3] ^= 1 << (bit & 7);
      if (isSignedBy(file, signature, publicKey)) accepted.push(`signature bit ${bit}`);
      signature[bit >> 3] ^= 1 << (bit & 7);
    }
    expect(accepted).toEqual([]);
    expect(isSignedBy(file, signature, publicKey)).toBe(true);
  });

  it("are 64 bytes: shorter, longer and empty ones are refused, not thrown at", () => {
    const file = Buffer.from("{}");
    const signature = signatureOf(file, privateKey);
    expect(signature.length).toBe(64);
    for (const other of [signature.subarray(0, 63), Buffer.concat([signature, hex("00")]), Buffer.alloc(0)])
      expect(isSignedBy(file, other, publicKey)).toBe(false);
  });

  it("lie beside the file, and keys have one fingerprint from either half", () => {
    expect(signaturePath("a/threshold.json")).toBe("a/threshold.json.sig");
    expect(fingerprint(privateKey)).toBe(fingerprint(publicKey));
  });

  it("are read whole from files and stdin", async () => {
    const path = scratch.write("x.sig", hex("00ff"));
    const stdin = async () => hex("aa");
    expect([...(await readBytes(path, stdin))]).toEqual([0, 255]);
    expect([...(await readBytes("-", stdin))]).toEqual([170]);
  });
});
