import { EexitError } from "../../errors.ts";
import type { ByteSource } from "../byte-source.ts";

/** A protocol 2 pickle of the integer 0x1950A86A20F9469CFC6C: how torch.save began its files before version 1.6. */
const magic = Buffer.from("80028a0a6cfc9c46f9206aa850192e", "hex");

/** Whether the bytes are a torch file of the old kind. */
export function isLegacyTorch(source: ByteSource): boolean {
  return source.size >= magic.length && magic.equals(source.read(0, magic.length));
}

/** @throws EexitError `format-not-read` when the source is a torch file of the old kind, which is no zip archive */
export function refuseLegacyTorch(source: ByteSource): void {
  if (!isLegacyTorch(source)) return;
  throw new EexitError(
    "format-not-read",
    `${source.name}: is a torch file of the old format, expected one of torch 1.6 or later (a zip archive)`,
    "convert it: torch.save(torch.load('old.pth', weights_only=True), 'new.pth')",
  );
}
