// @ts-check
// One chart: a fixed frame that uPlot draws into, a legend of buttons that shows values, a cursor shared by all charts.
import { format, moment, plain } from "./format.js";
import { withGaps } from "./series.js";

/**
 * @typedef {import("./panels.js").Line} Line
 * @typedef {import("./panels.js").Panel} Panel
 * @typedef {import("./series.js").Answer} Answer
 * @typedef {{from: number, to: number}} Range
 */
const AXIS_WIDTH = 66;
const EDGE = { width: 0, points: { show: false }, spanGaps: false };
const BINARY = Array.from({ length: 54 }, (_, power) => 2 ** power);
const HOURS = [
  [31536000, "{YYYY}", null, null, null, null, null, null, 1],
  [2419200, "{MMM}", "\n{YYYY}", null, null, null, null, null, 1],
  [86400, "{D} {MMM}", "\n{YYYY}", null, null, null, null, null, 1],
  [60, "{HH}:{mm}", "\n{D} {MMM}", null, "\n{D} {MMM}", null, null, null, 1],
  [1, "{HH}:{mm}:{ss}", "\n{D} {MMM}", null, "\n{D} {MMM}", null, null, null, 1],
];

/** @param {string} name of a custom property */
function token(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** @param {string} color as #rrggbb @param {number} share */
function wash(color, share) {
  return color + Math.round(share * 255).toString(16).padStart(2, "0");
}

export class Chart {
  /** @param {HTMLElement} element @param {{range: () => Range, zoom: (from: number, to: number) => void, back: () => void}} host @param {Panel} panel */
  constructor(element, host, panel) {
    this.element = element;
    this.host = host;
    this.panel = panel;
    this.plot = /** @type {HTMLElement} */ (element.querySelector(".chart-plot"));
    this.note = /** @type {HTMLElement} */ (element.querySelector(".chart-note"));
    this.legend = /** @type {HTMLElement} */ (element.querySelector(".legend"));
    this.select = /** @type {HTMLSelectElement | null} */ (element.querySelector("select"));
    this.more = /** @type {HTMLElement | null} */ (element.querySelector(".more"));
    /** @type {Set<string>} */
    this.off = new Set();
    /** @type {Line[]} */
    this.lines = [];
    /** @type {any} */
    this.uplot = null;
    /** @type {Answer | null} */
    this.answer = null;
    this.visible = false;
    this.top = /** @type {number | null} */ (null);
    this.select?.addEventListener("change", () => this.answer && this.show(this.answer, false));
    this.legend.addEventListener("click", (event) => this.toggle(/** @type {HTMLElement} */ (event.target)));
  }

  /** @param {string} text why there is nothing to see, "" when there is */
  say(text) {
    this.note.textContent = text;
    this.note.hidden = !text;
  }

  /** Draw what came. @param {Answer} answer @param {boolean} [fresh] false when it was prepared before */
  show(answer, fresh = true) {
    this.answer = fresh ? withGaps(answer) : answer;
    const drawing = this.panel.draw(this.answer, this.select?.value ?? "");
    this.choices(drawing.choices ?? []);
    this.top = drawing.top ?? null;
    this.counted();
    const readings = drawing.lines.reduce((most, line) => Math.max(most, line.values.filter((value) => typeof value === "number").length), 0);
    if (readings === 0) return this.nothing();
    this.say(readings === 1 ? "The second reading draws the first line." : "");
    const same = this.uplot && drawing.lines.length === this.lines.length && drawing.lines.every((line, index) => line.key === this.lines[index].key && line.color === this.lines[index].color && !line.low === !this.lines[index].low);
    this.lines = drawing.lines;
    if (same) this.uplot.setData(this.data(), true);
    else this.build();
    this.values(null);
    this.fit();
    if (readings > 1) this.element.dataset.drawn = "1";
  }

  /** Say how many there are where not all of them are drawn. */
  counted() {
    if (!this.more || !this.answer) return;
    const [name] = this.panel.names;
    const found = this.answer.found?.[name] ?? 0;
    const here = this.answer.columns.filter((one) => one.name === name).length;
    this.more.textContent = found > here && here ? `the ${here} largest of ${found}` : "";
  }

  nothing() {
    const reason = this.element.dataset.reason;
    this.say(reason || "No readings in this span.");
    this.uplot?.destroy();
    this.uplot = null;
    this.lines = [];
    this.legend.replaceChildren();
    delete this.element.dataset.drawn;
  }

  /** @param {string[]} names of devices to choose from */
  choices(names) {
    const select = this.select;
    if (!select) return;
    select.hidden = names.length < 2;
    const known = [...select.options].slice(1).map((option) => option.value);
    const wanted = names.slice().sort((a, b) => a.localeCompare(b, undefined, { numeric: true }));
    if (known.join("\n") === wanted.join("\n")) return;
    const chosen = select.value;
    select.replaceChildren(select.options[0], ...wanted.map((name) => new Option(plain(name), name, false, name === chosen)));
  }

  data() {
    const times = this.answer?.times ?? [];
    const shown = this.lines.map((line) => (this.off.has(line.key) ? line.values.map(() => null) : line.values));
    if (!this.panel.stacked) return [times, ...shown, ...this.ranged().flatMap((line) => (this.off.has(line.key) ? [[], []].map(() => line.values.map(() => null)) : [line.high ?? [], line.low ?? []]))];
    const sums = new Array(times.length).fill(0);
    return [times, ...shown.map((values) => values.map((value, row) => {
      if (typeof value !== "number") return value;
      sums[row] += value;
      return sums[row];
    }))];
  }

  /** The lines that stand for many readings each: the range of those is drawn behind them. */
  ranged() {
    return this.panel.stacked ? [] : this.lines.filter((line) => line.low && line.high);
  }

  build() {
    this.uplot?.destroy();
    this.legend.replaceChildren(...this.lines.map((line) => this.key(line)));
    // @ts-ignore uPlot is a global of its own script
    this.uplot = new window.uPlot(this.options(), this.data(), this.plot);
    this.over();
  }

  options() {
    const { panel } = this;
    const quiet = token("--faint");
    const line = token("--grid");
    const font = `11px ${token("--font")}`;
    return {
      width: Math.max(200, this.plot.clientWidth), height: this.plot.clientHeight, padding: [8, 16, 0, 0], pxAlign: 1,
      scales: {
        x: { time: true, range: () => { const { from, to } = this.host.range(); return [from, to]; } },
        y: { range: (/** @type {any} */ _, /** @type {number} */ least, /** @type {number} */ most) => this.span(least, most) },
      },
      cursor: {
        sync: { key: "host", setSeries: false }, drag: { x: true, y: false, setScale: false, dist: 6 },
        points: { size: 6, width: 1.5, fill: () => token("--surface") }, y: false, focus: { prox: -1 },
        bind: { dblclick: () => () => { this.host.back(); return null; } },
      },
      legend: { show: false },
      axes: [
        { stroke: quiet, font, grid: { stroke: line, width: 1 }, ticks: { show: false }, values: HOURS, size: 34, gap: 6, space: 84 },
        { stroke: quiet, font, grid: { stroke: line, width: 1 }, ticks: { show: false }, size: AXIS_WIDTH, gap: 8, space: 32, ...(panel.kind === "bytes" ? { incrs: BINARY } : {}),
          values: (/** @type {any} */ _, /** @type {number[]} */ splits) => splits.map((value) => format(panel.kind, panel.mirrored ? Math.abs(value) : value)) },
      ],
      series: [{}, ...this.lines.map((one) => this.series(one)), ...this.ranged().flatMap(() => [EDGE, EDGE])],
      bands: panel.stacked
        ? this.lines.slice(1).map((one, index) => ({ series: [index + 2, index + 1], fill: wash(token(one.color), 0.5) }))
        : this.ranged().map((one, index) => ({ series: [this.lines.length + 1 + 2 * index, this.lines.length + 2 + 2 * index], fill: wash(token(one.color), 0.22), dir: 0 })),
      hooks: {
        setSelect: [(/** @type {any} */ plot) => this.selected(plot)],
        setCursor: [(/** @type {any} */ plot) => this.values(plot.cursor.idx ?? null)],
      },
    };
  }

  /** @param {Line} line */
  series(line) {
    const color = token(line.color);
    const first = this.panel.stacked && line === this.lines[0];
    return {
      stroke: color, width: this.panel.stacked ? 1 : line.dash ? 1.1 : 1.5, dash: line.dash ? [4, 3] : undefined,
      fill: first ? wash(color, 0.5) : line.fill && !this.panel.stacked && !line.low ? wash(color, 0.13) : undefined,
      points: { show: true, size: 4, fill: color, width: 0, filter: (/** @type {any} */ plot, /** @type {number} */ at) => lonely(plot.data[at]) },
      spanGaps: false,
    };
  }

  /** @param {number | null} least @param {number | null} most @returns {[number, number]} */
  span(least, most) {
    const { panel } = this;
    const floor = panel.least ?? 0;
    if (least === null || most === null) return [panel.mirrored ? -1 : 0, this.top ?? Math.max(1, floor)];
    if (panel.mirrored) {
      const reach = Math.max(-least, most, floor);
      return [Math.min(-reach * 0.12, least * 1.1, 0), Math.max(reach * 0.12, most * 1.1)];
    }
    if (panel.kind === "celsius") return [Math.max(0, Math.floor(least / 10) * 10 - 5), Math.ceil(most / 10) * 10 + 5];
    return [Math.min(0, least), this.top ? Math.max(this.top, most) : Math.max(most * 1.1, floor) || 1];
  }

  /** @param {any} plot */
  selected(plot) {
    if (plot.select.width < 6) return;
    const from = plot.posToVal(plot.select.left, "x");
    const to = plot.posToVal(plot.select.left + plot.select.width, "x");
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    this.host.zoom(from, to);
  }

  over() {
    const label = document.createElement("div");
    label.className = "u-cursor-time";
    label.hidden = true;
    this.uplot.over.append(label);
    this.stamp = label;
  }

  /** @param {Line} line */
  key(line) {
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.key = line.key;
    button.setAttribute("aria-pressed", String(!this.off.has(line.key)));
    const swatch = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    swatch.setAttribute("viewBox", "0 0 9 9");
    swatch.classList.add("swatch");
    const shape = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    const box = line.dash ? { width: 9, height: 3, y: 3, rx: 1 } : { width: 9, height: 9, y: 0, rx: 2.5 };
    Object.entries(box).forEach(([name, value]) => shape.setAttribute(name, String(value)));
    shape.setAttribute("fill", token(line.color));
    swatch.append(shape);
    const label = document.createElement("span");
    label.className = "label";
    label.textContent = plain(line.label);
    label.title = plain(line.label);
    const value = document.createElement("span");
    value.className = "value";
    button.append(swatch, label, value);
    return button;
  }

  /** Show the values at a place of the axis, or the newest. @param {number | null} at */
  values(at) {
    const places = this.legend.querySelectorAll(".value");
    this.lines.forEach((line, index) => {
      let value = at === null ? line.values.findLast((one) => typeof one === "number") : line.values[at];
      if (value === undefined && at !== null) value = line.values.slice(0, at).findLast((one) => one !== undefined);
      const text = format(this.panel.kind, typeof value === "number" && this.panel.mirrored ? Math.abs(value) : value);
      if (places[index] && places[index].textContent !== text) places[index].textContent = text;
    });
    if (!this.stamp || !this.uplot) return;
    this.stamp.hidden = at === null || !this.plot.matches(":hover");
    if (at !== null && !this.stamp.hidden) {
      const { from, to } = this.host.range();
      this.stamp.textContent = moment(this.uplot.data[0][at], to - from);
      const half = this.stamp.offsetWidth / 2;
      this.stamp.style.left = `${Math.min(this.uplot.over.clientWidth - half, Math.max(half, this.uplot.cursor.left))}px`;
    }
  }

  /** @param {HTMLElement} target in the legend */
  toggle(target) {
    const button = target.closest("button");
    const key = button?.dataset.key;
    if (!button || key === undefined) return;
    if (!this.off.delete(key)) this.off.add(key);
    button.setAttribute("aria-pressed", String(!this.off.has(key)));
    this.uplot?.setData(this.data(), true);
  }

  /** The legend takes the lines it needs and the plot the rest; while a cursor changes values nothing moves. */
  fit() {
    this.legend.style.height = "";
    this.legend.style.height = `${this.legend.offsetHeight}px`;
    const [width, height] = [Math.max(200, this.plot.clientWidth), this.plot.clientHeight];
    if (this.uplot && (this.uplot.width !== width || this.uplot.height !== height)) this.uplot.setSize({ width, height });
  }

  resize() {
    this.fit();
  }
}

/** Readings without a neighbour are drawn as points, or nobody would see them. @param {(number | null | undefined)[]} values */
function lonely(values) {
  const known = values.flatMap((value, index) => (value === undefined ? [] : [index]));
  return known.filter((at, place) => {
    const [before, after] = [values[known[place - 1]], values[known[place + 1]]];
    return typeof values[at] === "number" && (before === null || before === undefined) && (after === null || after === undefined);
  });
}
