/**
 * What a figure shows, before anything is placed or drawn. One specification makes the SVG, the PNG, the figures of the
 * HTML page with their hover values, and the data table behind each: no number can differ between them.
 */
export interface Figure {
  readonly title: string;
  /** One sentence for readers who cannot see it. */
  readonly summary: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Series[];
  readonly guides: readonly Guide[];
  /** Whether the slider over ε moves a line along the x axis. */
  readonly followsLevel: boolean;
}

export interface Axis {
  readonly label: string;
  /** "names" puts one name at each of 0, 1, 2, …; "log" has ticks at the values, "ratio" (log too) at powers of two. */
  readonly kind: "linear" | "log" | "ratio" | "names";
  readonly names?: readonly string[];
  readonly show: "number" | "percent";
  /** Values that the axis holds besides those of the points. */
  readonly includes: readonly number[];
}

export interface Series {
  readonly label: string;
  /** Index of a look (colour, dash, marker): the same method has the same look in every figure of a report. */
  readonly look: number;
  readonly mark: "line" | "bar";
  readonly points: readonly Point[];
}

export interface Point {
  readonly x: number;
  readonly y: number;
  /** Ends of the spread band. */
  readonly low?: number | undefined;
  readonly high?: number | undefined;
  /** Drawn hollow: the value is known but nothing was certified there. */
  readonly hollow?: boolean | undefined;
  /** What hovering says, after the name of the series. */
  readonly text: string;
  /** The ε that it belongs to, where that is not x itself. */
  readonly level?: number | undefined;
}

/** A line that the eye compares with: y = x, or one value of an axis. */
export interface Guide {
  readonly kind: "diagonal" | "x" | "y";
  /** Not used by the diagonal. */
  readonly at: number;
  readonly label: string;
}

/** Figures that belong together, and what the slider over ε says about them. */
export interface Panel {
  readonly title: string;
  /** A sentence under the title, or "". */
  readonly note: string;
  readonly figures: readonly Figure[];
  readonly levels: LevelTable | null;
  /** Left out of pictures: it belongs to the answer, not to what the answer is asked for. */
  readonly pageOnly?: boolean;
}

/** For every ε of a sweep the same table, in words: what the slider shows without computing anything. */
export interface LevelTable {
  /** Ascending. */
  readonly epsilons: readonly number[];
  /** Index of the level that is shown first. */
  readonly start: number;
  readonly columns: readonly string[];
  readonly rows: readonly LevelRow[];
}

export interface LevelRow {
  readonly label: string;
  readonly look: number;
  /** `[level][column]`. */
  readonly cells: readonly (readonly string[])[];
}
