import type { Readable } from "node:stream";
import { largestPipe, pipeTooLong } from "../src/io/open-source.ts";

/** What is piped in is held whole, and Node's largest buffers end near 2 GiB. */
export async function readAll(stream: Readable): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let total = 0;
  for await (const chunk of stream) {
    chunks.push(Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk));
    total += chunk.length;
    if (total > largestPipe) throw pipeTooLong("-");
  }
  return chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
}
