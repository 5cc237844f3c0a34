import type { ReportCheck, ReportDocument, ReportFact } from "./document.ts";

/** What was found out about the signature of a threshold file. */
export interface SignatureFacts {
  readonly valid: boolean;
  /** The file that holds the 64 bytes. */
  readonly file: string;
  /** SHA-256 of the public key, hex. */
  readonly key: string;
}

/** The `signature` field of the verify answer; null where no key was given. */
export function signatureJson(signature: SignatureFacts | null): object | null {
  return signature && { valid: signature.valid, file: signature.file, key: signature.key };
}

export function signatureFact({ file, key, valid }: SignatureFacts): ReportFact {
  return { label: "signature", value: `${file}: ${valid ? "valid" : "invalid"}, key sha256 ${key}` };
}

/** Verify JSON, version 1, where the calibration was not repeated: no data were given, or the signature is refused. */
export function signatureDocument(path: string, signature: SignatureFacts): ReportDocument {
  const verdict = signature.valid ? "signature-valid" : "signature-invalid";
  return {
    title: "eexit verify",
    verdict: signature.valid ? "signature valid" : "signature invalid",
    statements: [
      signature.valid
        ? `Every byte of ${path} is as it was signed with the private half of this key. The calibration was not repeated: give its data to do that too.`
        : `${path} is not what was signed with the private half of this key: the file, its signature or the key is another one, or a byte was changed. Do not deploy it.`,
    ],
    facts: [{ label: "file", value: path }, signatureFact(signature)],
    tables: [],
    checks: [] as ReportCheck[],
    cautions: [],
    json: {
      format: "eexit-verify",
      version: 1,
      verdict,
      signature: signatureJson(signature),
      samples: null,
      sha256: null,
      rowDigest: null,
      policy: null,
      threshold: null,
      empiricalRisk: null,
      differences: [],
      cautions: [],
    },
  };
}
