/**
 * A grid of character cells to draw lines on: 2 × 4 dots a cell with braille characters, one without. Each cell keeps one
 * ink, the last drawn.
 */
export class DotCanvas {
  readonly width: number;
  readonly height: number;
  /** Dots along a cell. */
  readonly dotsAcross: number;
  readonly dotsDown: number;
  private readonly dots: Uint8Array;
  private readonly inks: Int16Array;
  private readonly letters: (string | null)[];

  constructor(width: number, height: number, braille: boolean) {
    this.width = width;
    this.height = height;
    this.dotsAcross = braille ? 2 : 1;
    this.dotsDown = braille ? 4 : 1;
    this.dots = new Uint8Array(width * height);
    this.inks = new Int16Array(width * height).fill(-1);
    this.letters = new Array<string | null>(width * height).fill(null);
  }

  /** A straight line between two dots; with `gap` only every second dot. */
  line(x0: number, y0: number, x1: number, y1: number, ink: number, gap = false): void {
    const steps = Math.max(1, Math.abs(Math.round(x1) - Math.round(x0)), Math.abs(Math.round(y1) - Math.round(y0)));
    for (let step = 0; step <= steps; step += gap ? 2 : 1) {
      const share = step / steps;
      this.dot(Math.round(x0 + (x1 - x0) * share), Math.round(y0 + (y1 - y0) * share), ink);
    }
  }

  /** A letter in the cell of a dot, in front of every line. */
  letter(x: number, y: number, letter: string, ink: number): void {
    const cell = this.cellOf(Math.round(x), Math.round(y));
    if (cell === -1) return;
    this.letters[cell] = letter;
    this.inks[cell] = ink;
  }

  /** Rows of text, top first, blanks included; `paint` colours a run of one ink (−1: none). */
  rows(paint: (ink: number, text: string) => string): string[] {
    return Array.from({ length: this.height }, (_, row) => this.row(row * this.width, paint));
  }

  private row(start: number, paint: (ink: number, text: string) => string): string {
    const characters = Array.from({ length: this.width }, (_, k) => this.character(start + k));
    const end = characters.findLastIndex((character) => character !== " ");
    let text = "";
    let run = "";
    let ink = -1;
    characters.forEach((character, k) => {
      // A blank between two marks takes the colour before it; blanks at the end have none, so that they can be cut off.
      const own = k > end ? -1 : character === " " ? ink : (this.inks[start + k] as number);
      if (own !== ink) {
        text += run === "" ? "" : paint(ink, run);
        run = "";
      }
      ink = own;
      run += character;
    });
    return text + paint(ink, run);
  }

  private character(cell: number): string {
    const letter = this.letters[cell];
    if (letter) return letter;
    const dots = this.dots[cell] as number;
    if (dots === 0) return " ";
    if (this.dotsAcross === 2) return String.fromCharCode(0x2800 + dots);
    return (this.inks[cell] as number) < 0 ? "." : "-";
  }

  private dot(x: number, y: number, ink: number): void {
    const cell = this.cellOf(x, y);
    if (cell === -1) return;
    this.dots[cell] = (this.dots[cell] as number) | this.bit(x % this.dotsAcross, y % this.dotsDown);
    this.inks[cell] = ink;
  }

  private cellOf(x: number, y: number): number {
    const column = Math.floor(x / this.dotsAcross);
    const row = Math.floor(y / this.dotsDown);
    return column >= 0 && column < this.width && row >= 0 && row < this.height ? row * this.width + column : -1;
  }

  /** Braille numbers its dots 1–3 down the left side, 4–6 down the right, then 7 and 8 below. */
  private bit(x: number, y: number): number {
    if (this.dotsAcross === 1) return 1;
    return y === 3 ? 0x40 << x : 1 << (y + 3 * x);
  }
}
