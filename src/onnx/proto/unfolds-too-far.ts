import { type DescMessage, ScalarType } from "@bufbuild/protobuf";
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";

/** A part of two bytes becomes an object of two hundred, a number of one byte one of thirty. The largest networks have some 10^5 nodes. */
const most = 16_000_000;
const unitsOfMessage = 8;
/** Subgraphs lie three messages deep each. */
const deepest = 100;

/**
 * Whether a message would unfold into far more memory than it has bytes, or deeper than a stack: told from tags and lengths
 * alone, before anything is decoded. Damage is the decoder's to find.
 */
export function unfoldsTooFar(bytes: Uint8Array, schema: DescMessage): boolean {
  const reader = new BinaryReader(bytes);
  const open = [{ schema, end: bytes.length }];
  let units = 0;
  try {
    for (let inner = open.at(-1); inner !== undefined; inner = open.at(-1)) {
      if (reader.pos >= inner.end) {
        open.pop();
        continue;
      }
      const [number, wire] = reader.tag();
      units++;
      const field = inner.schema.fields.find((known) => known.number === number);
      if (wire !== WireType.LengthDelimited) reader.skip(wire);
      else {
        const end = reader.uint32() + reader.pos;
        if (field?.message) {
          units += unitsOfMessage;
          open.push({ schema: field.message, end });
        } else {
          // Integers become objects; floats stay numbers.
          if (field?.fieldKind === "list" && field.packed && field.scalar === ScalarType.INT64)
            units += end - reader.pos;
          reader.pos = end;
        }
      }
      if (units > most || open.length > deepest) return true;
    }
    return false;
  } catch {
    return false;
  }
}
