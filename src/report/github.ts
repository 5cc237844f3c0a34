import type { ReportCheck, ReportDocument } from "./document.ts";
import { plainCharacters } from "./plain-characters.ts";

type Level = "error" | "warning" | "notice";

/**
 * Lines that GitHub Actions turns into annotations: a failed check is an error, a caution a warning, the rest notices.
 * "Not decided" is a notice too: it is the usual verdict for a healthy threshold, and a warning on every run is one
 * that nobody reads. Without checks the verdict and the statements make one notice.
 */
export function renderGithub(document: ReportDocument): string {
  const lines = document.checks.map((check) => checkLine(document.title, check));
  if (lines.length === 0) {
    const verdict = document.verdict === null ? [] : [document.verdict];
    lines.push(workflowCommand("notice", document.title, [...verdict, ...document.statements].join("\n")));
  }
  for (const caution of document.cautions) {
    lines.push(workflowCommand("warning", `${document.title}: ${caution.code}`, caution.message));
  }
  return lines.map((line) => `${line}\n`).join("");
}

function checkLine(title: string, check: ReportCheck): string {
  const level = check.outcome === "failed" ? "error" : "notice";
  return workflowCommand(level, `${title}: ${check.name} ${check.outcome}`, check.message);
}

/** The percent sign is escaped first; an unescaped newline would end the command and let the text start another. */
function workflowCommand(level: Level, title: string, message: string): string {
  return `::${level} title=${escapeData(title).replaceAll(":", "%3A").replaceAll(",", "%2C")}::${escapeData(message)}`;
}

function escapeData(text: string): string {
  return plainCharacters(text.replaceAll("\r\n", "\n")).replaceAll("%", "%25").replaceAll("\n", "%0A");
}
