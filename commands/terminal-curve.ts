import type { ReportDocument } from "../src/report/document.ts";
import type { Session } from "./session.ts";

/** Colours of a terminal for the colours of the figures. */
const terminalColours = ["cyan", "yellow", "green", "magenta", "gray", "blue", "yellowBright", "red"] as const;

/**
 * Shows a sweep's first curves below its table where a person reads: the answer of a pipe or a file stays what it was.
 * One risk fills a screen; the others are named.
 */
export async function showCurve(document: ReportDocument, session: Session): Promise<void> {
  const { stdout } = session.terminal;
  if (!stdout.isTTY) return;
  const [first, ...others] = (document.panels?.() ?? []).filter(({ levels }) => levels !== null);
  const curves =
    first?.figures.slice(0, 2).filter(({ series }) => series.some(({ points }) => points.length > 1)) ?? [];
  if (first === undefined || curves.length === 0) return;
  const { terminalPlot } = await import("../src/report/terminal/terminal-plot.ts");
  const paint = session.paint("stdout");
  const text = terminalPlot(curves, {
    columns: stdout.columns ?? 80,
    unicode: speaksUtf8(session.terminal.env),
    paint: (colour, part) => paint(terminalColours[colour] ?? "white", part),
  });
  if (text === "") return;
  session.answer(`\n${first.title}\n\n${text}`);
  if (others.length === 0) return;
  const names = others.map(({ title }) => title).join("; ");
  session.answer(`\nnot drawn: ${names} (choose with --risk and --confidence, or write --report sweep.html)\n`);
}

/** What the locale says. Where nothing is set, plain characters are safe everywhere. */
function speaksUtf8({ LC_ALL, LC_CTYPE, LANG, WT_SESSION }: Readonly<Record<string, string | undefined>>): boolean {
  const locale = LC_ALL || LC_CTYPE || LANG;
  return locale ? /utf-?8/i.test(locale) : WT_SESSION !== undefined;
}
