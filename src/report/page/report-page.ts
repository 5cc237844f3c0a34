// What the HTML report does in a browser: the slider over ε, values under the pointer or the arrow keys, light and dark. It computes nothing: every number and word was written into the page by the program.
// `node .ci/write-page-script.js` turns this file into src/report/html/page-script.ts; a test compares the two.

/** A figure as the page carries it; places are in the frame of its SVG. */
interface FigureData {
  readonly width: number;
  readonly top: number;
  readonly bottom: number;
  readonly followsLevel: boolean;
  readonly series: readonly {
    readonly label: string;
    readonly points: readonly (readonly [x: number, y: number, text: string, level: number | null])[];
  }[];
}

/** Words per level: `[row][level][column]`. */
interface LevelData {
  readonly epsilons: readonly number[];
  readonly rows: readonly (readonly (readonly string[])[])[];
}

interface Place {
  readonly series: number;
  readonly point: number;
}

(() => {
  const svgName = "http://www.w3.org/2000/svg";

  const data = <Value>(element: Element): Value =>
    JSON.parse(element.querySelector("script[type='application/json']")?.textContent ?? "null");

  const shape = (svg: SVGSVGElement, name: string, className: string): SVGElement => {
    const element = document.createElementNS(svgName, name);
    element.setAttribute("class", className);
    svg.append(element);
    return element;
  };

  class Plot {
    private readonly svg: SVGSVGElement;
    private readonly tip: HTMLElement;
    private readonly figure: FigureData;
    private readonly ring: SVGElement;
    private readonly cursor: SVGElement;
    private readonly spots: SVGElement[];
    private place: Place | null = null;

    private readonly frame: HTMLElement;

    constructor(frame: HTMLElement) {
      this.frame = frame;
      this.svg = frame.querySelector("svg") as SVGSVGElement;
      this.tip = frame.querySelector(".tip") as HTMLElement;
      this.figure = data<FigureData>(frame);
      this.cursor = shape(this.svg, "path", "cursor");
      this.spots = this.figure.series.map(() => shape(this.svg, "circle", "spot"));
      this.ring = shape(this.svg, "circle", "ring");
      frame.addEventListener("pointermove", (event) => this.showNearest(event));
      frame.addEventListener("pointerdown", (event) => this.showNearest(event));
      frame.addEventListener("pointerleave", () => this.hide());
      frame.addEventListener("blur", () => this.hide());
      frame.addEventListener("keydown", (event) => this.walk(event));
    }

    /** Marks what the slider stands at: a line where ε is the x axis, a spot on every series. */
    mark(epsilon: number): void {
      if (!this.figure.followsLevel) return;
      const xs = new Set<number>();
      this.figure.series.forEach(({ points }, index) => {
        const point = points.find(([, , , level]) => level === epsilon);
        const spot = this.spots[index] as SVGElement;
        spot.toggleAttribute("hidden", point === undefined);
        if (point === undefined) return;
        xs.add(point[0]);
        spot.setAttribute("cx", String(point[0]));
        spot.setAttribute("cy", String(point[1]));
        spot.setAttribute("r", "4.5");
      });
      const shared = xs.size === 1 && this.frame.dataset.axis === "level";
      this.cursor.toggleAttribute("hidden", !shared);
      if (shared) this.cursor.setAttribute("d", `M${[...xs][0]} ${this.figure.top}V${this.figure.bottom}`);
    }

    private showNearest(event: PointerEvent): void {
      const box = this.svg.getBoundingClientRect();
      const scale = this.figure.width / box.width;
      const x = (event.clientX - box.left) * scale;
      const y = (event.clientY - box.top) * scale;
      let best: Place | null = null;
      let least = Number.POSITIVE_INFINITY;
      this.figure.series.forEach(({ points }, series) => {
        points.forEach(([px, py], point) => {
          const distance = Math.hypot(px - x, py - y);
          if (distance < least) [least, best] = [distance, { series, point }];
        });
      });
      if (best !== null && least < 60) this.show(best);
      else this.hide();
    }

    private walk(event: KeyboardEvent): void {
      const { series } = this.figure;
      const steps: Record<string, readonly [number, number]> = {
        ArrowRight: [0, 1],
        ArrowLeft: [0, -1],
        ArrowDown: [1, 0],
        ArrowUp: [-1, 0],
      };
      if (event.key === "Escape") this.hide();
      const step = steps[event.key];
      if (step === undefined || series.length === 0) return;
      event.preventDefault();
      const from = this.place ?? { series: 0, point: -step[1] };
      const line = (from.series + step[0] + series.length) % series.length;
      const count = series[line]?.points.length ?? 0;
      if (count === 0) return;
      this.show({ series: line, point: (Math.min(from.point, count - 1) + step[1] + count) % count });
    }

    private show(place: Place): void {
      this.place = place;
      const { label, points } = this.figure.series[place.series] as FigureData["series"][number];
      const [x, y, text] = points[place.point] as FigureData["series"][number]["points"][number];
      this.ring.setAttribute("cx", String(x));
      this.ring.setAttribute("cy", String(y));
      this.ring.setAttribute("r", "6.5");
      this.ring.removeAttribute("hidden");
      const name = document.createElement("strong");
      name.textContent = label;
      this.tip.replaceChildren(name, ` ${text}`);
      this.tip.hidden = false;
      const scale = this.svg.getBoundingClientRect().width / this.figure.width;
      const room = this.frame.clientWidth - this.tip.offsetWidth - 4;
      this.tip.style.left = `${Math.max(4, Math.min(room, x * scale - this.tip.offsetWidth / 2))}px`;
      const above = y * scale - this.tip.offsetHeight - 12;
      this.tip.style.top = `${above < 0 ? y * scale + 14 : above}px`;
    }

    private hide(): void {
      this.place = null;
      this.ring.setAttribute("hidden", "");
      this.tip.hidden = true;
    }
  }

  const startSlider = (section: HTMLElement, plots: readonly Plot[]): void => {
    const control = section.querySelector<HTMLElement>(".slider");
    const slider = control?.querySelector<HTMLInputElement>("input");
    const output = control?.querySelector("output");
    const tables = [...section.querySelectorAll<HTMLElement>(".levels")].map((table) => ({
      levels: data<LevelData>(table),
      cells: [...table.querySelectorAll("tbody tr")].map((row) => [...row.querySelectorAll("td")]),
      shown: table.querySelector("caption b"),
    }));
    const first = tables[0]?.levels.epsilons;
    if (first === undefined) return;
    const move = (level: number): void => {
      const epsilon = first[level] as number;
      if (output) output.textContent = String(epsilon);
      slider?.setAttribute("aria-valuetext", `ε = ${epsilon}`);
      for (const { levels, cells, shown } of tables) {
        if (shown) shown.textContent = `ε = ${epsilon}`;
        const own = levels.epsilons.indexOf(epsilon);
        levels.rows.forEach((row, r) => {
          row[own]?.forEach((text, c) => {
            const cell = cells[r]?.[c];
            if (cell) cell.textContent = text;
          });
        });
      }
      for (const plot of plots) plot.mark(epsilon);
    };
    if (control && slider) {
      control.hidden = false;
      slider.addEventListener("input", () => move(Number(slider.value)));
      move(Number(slider.value));
    } else move(0);
  };

  const startTheme = (): void => {
    const button = document.querySelector<HTMLButtonElement>("#theme");
    if (button === null) return;
    const dark = () => {
      const chosen = document.documentElement.dataset.theme;
      return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    };
    const name = () => {
      button.textContent = dark() ? "Light" : "Dark";
    };
    button.hidden = false;
    button.addEventListener("click", () => {
      document.documentElement.dataset.theme = dark() ? "light" : "dark";
      name();
    });
    name();
  };

  for (const section of document.querySelectorAll<HTMLElement>("section.answer")) {
    startSlider(
      section,
      [...section.querySelectorAll<HTMLElement>(".plot")].map((frame) => new Plot(frame)),
    );
  }
  startTheme();
})();
