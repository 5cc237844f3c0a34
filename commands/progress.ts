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
  let running = true;
  return {
    tick: () => bar.increment(),
    /** Clears the bar; before anything else is said, and once more where the work fails. */
    stop() {
      if (running) bar.stop();
      running = false;
    },
  };
}
