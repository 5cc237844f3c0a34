/** Colours and weights of the conversation, and of curves in a terminal. */
export type Ink = "bold" | "red" | "green" | "yellow" | "yellowBright" | "blue" | "magenta" | "cyan" | "gray" | "white";

/** Puts ink on a text. */
export type Paint = (ink: Ink, text: string) => string;

/** Where there are no colours. */
export const plainPaint: Paint = (_, text) => text;

/** chalk's colours; it is loaded only where something is coloured, as most output goes to files and pipes. */
export async function colourPaint(): Promise<Paint> {
  const { Chalk } = await import("chalk");
  const chalk = new Chalk({ level: 1 });
  return (ink, text) => chalk[ink](text);
}
