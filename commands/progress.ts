import type { Session } from "./session.ts";

export interface Progress {
  tick(): void;
  stop(): void;
}

const silent: Progress = { tick() {}, stop() {} };

/** A progress bar on stderr, on a terminal only; nothing of the library is loaded elsewhere. */
export async function startProgress(label: string, total: number, session: Session): Promise<Progress> {
  if (session.quiet || session.terminal.stderr.isTTY !== true || total < 2) return silent;
  const { default: cliProgress } = await import("cli-progress");
  const bar = new cliProgress.SingleBar({
    format: `${label} {bar} {value}/{total} {eta_formatted}`,
    stream: session.terminal.stderr as NodeJS.WritableStream,
    hideCursor: true,
    clearOnComplete: true,
    // The work is synchronous, so the bar must draw itself during updates.
    synchronousUpdate: true,
  });
  bar.start(total, 0);
  return { tick: () => bar.increment(), stop: () => bar.stop() };
}
