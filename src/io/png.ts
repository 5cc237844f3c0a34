import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { inflateSync } from "node:zlib";

/**
 * An SVG as PNG, two pixels per unit. Text is set in the font that ships with the program (a part of DejaVu Sans), never in
 * one of the machine's: hosts without fonts would lose all text, and the same report gives the same bytes everywhere.
 * The one door to resvg, loaded only here.
 */
export async function pngOf(svg: string): Promise<Uint8Array> {
  const { Resvg } = await resvg();
  const { plotFont } = await import("./plot-font.ts");
  const rendered = new Resvg(svg, {
    fitTo: { mode: "zoom", value: 2 },
    font: {
      loadSystemFonts: false,
      fontBuffers: [inflateSync(Buffer.from(plotFont, "base64"))],
      defaultFontFamily: "DejaVu Sans",
      sansSerifFamily: "DejaVu Sans",
    },
  });
  const image = rendered.render();
  const bytes = image.asPng();
  image.free();
  rendered.free();
  return bytes;
}

let loaded: Promise<typeof import("@resvg/resvg-wasm")> | null = null;

/** The module takes its WebAssembly once per process, in which others may use it, too. */
function resvg(): Promise<typeof import("@resvg/resvg-wasm")> {
  loaded ??= (async () => {
    const module = await import("@resvg/resvg-wasm");
    const wasm = createRequire(import.meta.url).resolve("@resvg/resvg-wasm/index_bg.wasm");
    await module.initWasm(await readFile(wasm)).catch((error: unknown) => {
      if (!/already initialized/i.test(String(error))) throw error;
    });
    return module;
  })();
  return loaded;
}
