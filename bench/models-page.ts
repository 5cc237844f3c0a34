/** A network at a number of threads: title without `## `, and Markdown. */
export interface ModelsSection {
  readonly title: string;
  readonly body: string;
}

const earlier = "Of an earlier run: ";

/**
 * bench/MODELS.md: what was measured, then the sections of the page before that were not (trained networks are measured only where
 * their files are given), each with the run that it is of.
 *
 * @param run the machine and the day
 * @param before the page as it was; empty where there was none
 */
export function modelsPage(run: string, measured: readonly ModelsSection[], before: string): string {
  const [oldHead, ...oldSections] = before.split(/^## /m);
  const [, oldRun] = /^(.+)\. Written by/m.exec(oldHead) ?? [];
  const titles = new Set(measured.map(({ title }) => title));
  const kept = oldSections.map(sectionOf).filter(({ title }) => !titles.has(title));
  const head = `# Do exits save time?\n\n${run}. Written by \`npm run bench:models\`; only ratios of one run mean something.`;
  const marked = kept.map(({ title, body }) => {
    const isMarked = body.startsWith(earlier) || oldRun === undefined;
    return { title, body: isMarked ? body : `${earlier}${oldRun}.\n\n${body}` };
  });
  const sections = [...measured, ...marked].map(({ title, body }) => `## ${title}\n\n${body.trim()}`);
  return `${[head, ...sections].join("\n\n")}\n`;
}

function sectionOf(text: string): ModelsSection {
  const end = text.indexOf("\n");
  return { title: text.slice(0, end), body: text.slice(end).trim() };
}
