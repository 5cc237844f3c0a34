import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { EexitError } from "../errors.ts";
import { openSource } from "./open-source.ts";

/**
 * Signatures of threshold files: ed25519 over every byte of the file, 64 raw bytes in a file beside it. The JSON itself does
 * not change, equal files get equal signatures, and `openssl pkeyutl -verify -rawin` reads them too.
 */
export const signatureLength = 64;

/** `threshold.json` → `threshold.json.sig` */
export function signaturePath(path: string): string {
  return `${path}.sig`;
}

/** No key file comes near this. */
const largestKey = 65536;

type ReadStdin = () => Promise<Uint8Array>;

/**
 * An ed25519 private key in PEM (PKCS#8, not encrypted); "-" is stdin, and a pipe will do, so that a decrypted key never has
 * to lie on a disk.
 *
 * @throws key-invalid; file-missing or file-unreadable
 */
export async function readSigningKey(path: string, readStdin: ReadStdin): Promise<KeyObject> {
  const pem = await readPem(path, readStdin);
  const label = labelOf(pem);
  if (label === "ENCRYPTED PRIVATE KEY" || /^Proc-Type:.*ENCRYPTED/m.test(pem)) {
    throw invalid(
      path,
      "an encrypted key, expected it decrypted",
      "decrypt it through a pipe: --sign <(openssl pkey -in key.pem)",
    );
  }
  if (label?.endsWith("PUBLIC KEY")) {
    throw invalid(path, "a public key, expected the private one", "the public key is for eexit verify --public-key");
  }
  if (label === "OPENSSH PRIVATE KEY") {
    throw invalid(
      path,
      "a key in OpenSSH's own format, expected PKCS#8",
      "make one with openssl genpkey -algorithm ed25519 -out key.pem",
    );
  }
  return ed25519(path, "private", () => createPrivateKey(pem));
}

/**
 * An ed25519 public key in PEM (SPKI). A private key is refused: where files are verified it has no business.
 *
 * @throws key-invalid; file-missing or file-unreadable
 */
export async function readVerifyingKey(path: string, readStdin: ReadStdin): Promise<KeyObject> {
  const pem = await readPem(path, readStdin);
  const label = labelOf(pem);
  if (label?.endsWith("PRIVATE KEY")) {
    throw invalid(
      path,
      "a private key, expected the public one",
      "openssl pkey -in key.pem -pubout -out pub.pem writes it",
    );
  }
  if (label === null && /^(ssh|ecdsa|sk)-/.test(pem)) {
    throw invalid(
      path,
      "a key in OpenSSH's own format, expected PEM (SPKI)",
      "make a pair with openssl genpkey -algorithm ed25519 -out key.pem",
    );
  }
  return ed25519(path, "public", () => createPublicKey(pem));
}

/** The 64 bytes of an ed25519 signature; equal bytes and keys give equal signatures. */
export function signatureOf(bytes: Uint8Array, key: KeyObject): Uint8Array {
  return sign(null, bytes, key);
}

/** Whether exactly these bytes were signed with the private half of this key. A signature of another length was not. */
export function isSignedBy(bytes: Uint8Array, signature: Uint8Array, key: KeyObject): boolean {
  return signature.length === signatureLength && verify(null, bytes, key, signature);
}

/** SHA-256 of the public key (SPKI, DER) in hex, by which people tell keys apart. */
export function fingerprint(key: KeyObject): string {
  const publicKey = key.type === "private" ? createPublicKey(key) : key;
  return createHash("sha256")
    .update(publicKey.export({ type: "spki", format: "der" }))
    .digest("hex");
}

/** All bytes of a small file, a pipe or stdin. */
export async function readBytes(path: string, readStdin: ReadStdin): Promise<Uint8Array> {
  const source = await openSource(path, readStdin);
  try {
    return Uint8Array.from(source.read(0, source.size));
  } finally {
    source.close();
  }
}

async function readPem(path: string, readStdin: ReadStdin): Promise<string> {
  const source = await openSource(path, readStdin);
  try {
    if (source.size > largestKey) throw invalid(path, `${source.size} bytes, expected a key in PEM`, makeOne);
    return Buffer.from(source.read(0, source.size)).toString("utf8");
  } finally {
    source.close();
  }
}

function labelOf(pem: string): string | null {
  return /^-----BEGIN ([A-Z0-9 ]+)-----/m.exec(pem)?.[1] ?? null;
}

function ed25519(path: string, kind: "private" | "public", open: () => KeyObject): KeyObject {
  let key: KeyObject;
  try {
    key = open();
  } catch {
    // OpenSSL's own words name its internals and differ between its versions.
    throw invalid(path, `no ${kind} key in PEM, expected ${expected[kind]}`, makeOne);
  }
  if (key.asymmetricKeyType === "ed25519") return key;
  throw invalid(path, `a key of type ${key.asymmetricKeyType}, expected ${expected[kind]}`, makeOne);
}

const expected = { private: "an ed25519 key (PKCS#8)", public: "an ed25519 key (SPKI)" } as const;
const makeOne =
  "openssl genpkey -algorithm ed25519 -out key.pem makes a key, openssl pkey -in key.pem -pubout -out pub.pem its public half";

function invalid(path: string, found: string, hint: string): EexitError {
  return new EexitError("key-invalid", `${path}: ${found}`, hint);
}
